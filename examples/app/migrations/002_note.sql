-- Expand: the default lets replicas of the version before go on adding bookings without a note.
ALTER TABLE bookings ADD COLUMN note text NOT NULL DEFAULT '' CHECK (char_length(note) <= 1000);
