CREATE TABLE bookings (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 120),
  booked_by text NOT NULL CHECK (char_length(booked_by) BETWEEN 1 AND 80),
  during tstzrange NOT NULL CHECK (NOT isempty(during) AND lower(during) IS NOT NULL AND upper(during) IS NOT NULL),
  created_at timestamptz NOT NULL DEFAULT now(),
  -- The room is booked once at any time, whatever the service's code does. The index also answers "what is booked from … to …".
  CONSTRAINT bookings_no_overlap EXCLUDE USING gist (during WITH &&)
);
