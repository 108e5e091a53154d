export const id = 307;
export const ids = [307];
export const modules = {

/***/ 3307:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  openS3: () => (/* binding */ openS3)
});

// EXTERNAL MODULE: ./node_modules/@aws-sdk/client-s3/dist-cjs/index.js
var dist_cjs = __webpack_require__(3711);
// EXTERNAL MODULE: ./build/lib/s3/keys.js
var keys = __webpack_require__(795);
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
;// CONCATENATED MODULE: ./build/lib/s3/s3-creation.js
/** How an object is created, whichever way its bytes come. */
function creation({ location, bucket, fullKey }, key, lock) {
    const { storageClass, sse } = location;
    return {
        Bucket: bucket,
        Key: fullKey(key),
        ...(storageClass === undefined ? {} : { StorageClass: storageClass }),
        ...(sse === undefined ? {} : { ServerSideEncryption: sse }),
        ...(lock === undefined ? {} : lockOf(lock)),
    };
}
function lockOf({ mode, until }) {
    return {
        ObjectLockMode: mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE',
        ObjectLockRetainUntilDate: until,
    };
}
/** Rights that creating an object needs. */
function creationAction(lock) {
    return lock === undefined ? 's3:PutObject' : 's3:PutObject (with s3:PutObjectRetention)';
}
/**
 * Whether bytes carry a SHA-256; without it, their signature alone covers them. A locked object has to have one, whatever the
 * store ("Object Lock considerations", Amazon S3 user guide).
 */
function wantsChecksums({ settings }, lock) {
    return settings.requestChecksums === 'when-supported' || lock !== undefined;
}

// EXTERNAL MODULE: ./build/lib/s3/store.js
var s3_store = __webpack_require__(642);
;// CONCATENATED MODULE: ./build/lib/s3/s3-errors.js

/** Codes of S3 ("Error responses", API reference) and of its kin. */
const CODES = {
    transient: [
        'BadDigest',
        'ConditionalRequestConflict',
        'IncompleteBody',
        'InternalError',
        'OperationAborted',
        'RequestTimeout',
        'ServiceUnavailable',
        'SlowDown',
        'Throttling',
        'TimeoutError',
        'TooManyRequests',
        'XAmzContentChecksumMismatch',
        'XAmzContentSHA256Mismatch',
    ],
    damaged: ['BadDigest', 'XAmzContentChecksumMismatch', 'XAmzContentSHA256Mismatch'],
    full: [
        'EntityTooLarge',
        'InsufficientStorage',
        'QuotaExceeded',
        'XMinioAdminBucketQuotaExceeded',
        'XMinioStorageFull',
    ],
    credentials: [
        'CredentialsProviderError',
        'ExpiredToken',
        'InvalidAccessKeyId',
        'InvalidToken',
        'SignatureDoesNotMatch',
        'TokenProviderError',
        'TokenRefreshRequired',
    ],
    clock: ['RequestTimeTooSkewed', 'RequestExpired'],
    region: ['AuthorizationHeaderMalformed', 'IllegalLocationConstraintException', 'PermanentRedirect'],
};
/** Errors of Node's sockets and resolver that may pass; a certificate's don't. */
const TRANSIENT_CONNECTION = [
    'EAI_AGAIN',
    'ECONNABORTED',
    'ECONNREFUSED',
    'ECONNRESET',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'EPIPE',
    'ERR_STREAM_PREMATURE_CLOSE',
    'ETIMEDOUT',
];
/** By status, for replies without a body. */
const CODE_OF_STATUS = {
    403: 'AccessDenied',
    404: 'NotFound',
    412: 'PreconditionFailed',
    501: 'NotImplemented',
    507: 'InsufficientStorage',
};
/** What the SDK calls an error whose reply has no code. */
const NO_CODE = ['', 'Error', 'Forbidden', 'S3ServiceException', 'Unknown', 'UnknownError'];
/** The store's own code of an error, or that of its status. */
function errorCode(error) {
    const { name = '', $metadata } = serviceError(error);
    return NO_CODE.includes(name) ? (CODE_OF_STATUS[$metadata?.httpStatusCode ?? 0] ?? name) : name;
}
/** For `.catch`: this value instead of an error that has one of these codes. */
function whenCode(codes, value) {
    return (error) => {
        if (codes.includes(errorCode(error)))
            return value;
        throw error;
    };
}
/** Whether the same request may succeed when it is repeated. */
function isTransient(error) {
    const { $metadata, code } = serviceError(error);
    if (CODES.transient.includes(errorCode(error)))
        return true;
    const status = $metadata?.httpStatusCode;
    if (status !== undefined)
        return status === 429 || (status >= 500 && ![501, 505, 507].includes(status));
    return code !== undefined && TRANSIENT_CONNECTION.includes(code);
}
/** Whether a lock keeps what was to be deleted. AWS and versitygw say "object lock", MinIO and its kin "WORM". */
function isLocked(error) {
    return /object[ -]?lock|WORM|retention|legal hold/i.test(serviceError(error).message ?? '');
}
/** The error as the user is told. */
function storeError(error, tried) {
    const code = errorCode(error);
    const { store, bucket, action, doing } = tried;
    const could = `${store} could not ${doing}`;
    if (CODES.clock.includes(code))
        return clockError(tried, error);
    if (CODES.credentials.includes(code)) {
        const remedy = 'Check the credentials of this step (AWS_ACCESS_KEY_ID and its kin, the profile or the role).';
        return new s3_store/* StoreError */.A('store-denied', `${store} doesn't accept the credentials (${code}).`, {
            remedy,
            cause: error,
        });
    }
    if (code === 'NoSuchBucket') {
        const remedy = 'Create it, or correct its name, region or endpoint.';
        return new s3_store/* StoreError */.A('store-missing', `There is no bucket ${bucket} (${store}).`, { remedy, cause: error });
    }
    if (CODES.full.includes(code) || serviceError(error).$metadata?.httpStatusCode === 507) {
        const remedy = 'Raise the quota, or remove what is no longer needed.';
        return new s3_store/* StoreError */.A('store-full', `${could}: it is full (${code}).`, { remedy, cause: error });
    }
    if (code === 'AccessDenied' || code === 'AllAccessDisabled') {
        const remedy = `Allow ${action} on it in the policy of the role or the bucket.`;
        return new s3_store/* StoreError */.A('store-denied', `${store} denies ${action}: could not ${doing}.`, { remedy, cause: error });
    }
    if (CODES.region.includes(code)) {
        const remedy = "Set the bucket's region.";
        return new s3_store/* StoreError */.A('store-denied', `${could}: the bucket is in another region (${code}).`, {
            remedy,
            cause: error,
        });
    }
    return otherError(error, could);
}
function otherError(error, could) {
    const code = errorCode(error);
    if (CODES.damaged.includes(code)) {
        return new s3_store/* StoreError */.A('store-unreachable', `${could}: the bytes arrive damaged, each time (${code}).`, {
            cause: error,
        });
    }
    if (['NoSuchKey', 'NotFound', 'NoSuchUpload', 'NoSuchVersion'].includes(code)) {
        return new s3_store/* StoreError */.A('store-missing', `${could}: it isn't there (${code}).`, { cause: error });
    }
    if (code === 'PreconditionFailed') {
        return new s3_store/* StoreError */.A('store-missing', `${could}: another object has taken its place.`, { cause: error });
    }
    const { $metadata, message = '' } = serviceError(error);
    const status = $metadata?.httpStatusCode;
    const said = [status, code, message].filter((part) => part !== undefined && part !== '').join(' ');
    const refused = status !== undefined && status >= 400 && !isTransient(error);
    return new s3_store/* StoreError */.A(refused ? 'store-denied' : 'store-unreachable', `${could}: ${said}.`, { cause: error });
}
function clockError({ store, clockSkewMs = 0 }, cause) {
    const here = new Date();
    const there = new Date(here.getTime() - clockSkewMs);
    const minutes = Math.round(Math.abs(clockSkewMs) / 60_000);
    return new s3_store/* StoreError */.A('clock', `It is ${here.toISOString()} by this machine's clock and ${there.toISOString()} by that of ${store}: ${minutes} minutes apart.`, { remedy: "Correct this machine's clock.", cause });
}
function serviceError(error) {
    return typeof error === 'object' && error !== null ? error : {};
}

;// CONCATENATED MODULE: ./build/lib/s3/s3-upload.js





/** Begins a multipart upload and gives its id. */
async function beginUpload(target, key, lock) {
    const algorithm = wantsChecksums(target, lock) ? { ChecksumAlgorithm: 'SHA256' } : {};
    const reply = await target.call({ action: creationAction(lock), doing: `begin ${key}` }, (client, send) => client.send(new dist_cjs/* CreateMultipartUploadCommand */.nG4({ ...creation(target, key, lock), ...algorithm }), send));
    if (reply.UploadId === undefined)
        throw unprovable(target, `begin ${key}`, 'the store gave no upload id');
    return reply.UploadId;
}
async function sendPart(target, upload, part) {
    const { key, id, signal } = upload;
    const { number, body, sha256 } = part;
    const input = {
        Bucket: target.bucket,
        Key: target.fullKey(key),
        UploadId: id,
        PartNumber: number,
        Body: body,
        ...(sha256 === undefined ? {} : { ChecksumSHA256: sha256.toString('base64') }),
    };
    const doing = `write part ${number} of ${key}`;
    const reply = await target.call({ action: 's3:PutObject', doing, signal }, (client, send) => client.send(new dist_cjs/* UploadPartCommand */.iVK(input), send));
    if (reply.ChecksumSHA256 !== undefined && reply.ChecksumSHA256 !== input.ChecksumSHA256) {
        throw unprovable(target, doing, 'the store has other bytes than were sent');
    }
    if (reply.ETag === undefined)
        throw unprovable(target, doing, 'the store gave no ETag');
    const etagIsDigest = reply.ServerSideEncryption?.startsWith('aws:kms') !== true;
    return { number, bytes: body.length, etag: reply.ETag, etagIsDigest, sha256 };
}
/**
 * Makes one object of the parts. The store compares checksums and the size that it is told; its answer is compared with
 * ours. `unanswered`: the reply to a request that had been carried out was lost, and only a list can tell.
 */
async function completeUpload(target, key, id, parts) {
    const doing = `complete ${key}`;
    const input = {
        Bucket: target.bucket,
        Key: target.fullKey(key),
        UploadId: id,
        MultipartUpload: { Parts: parts.map(completedPart) },
        MpuObjectSize: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    };
    const reply = await target.call({ action: 's3:PutObject', doing }, (client, send) => client.send(new dist_cjs/* CompleteMultipartUploadCommand */.Gym(input), send).catch(whenCode(['NoSuchUpload'], undefined)));
    if (reply === undefined)
        return 'unanswered';
    const problem = contradiction(reply, parts);
    if (problem !== undefined)
        throw unprovable(target, doing, problem);
    return 'proved';
}
function completedPart({ number, etag, sha256 }) {
    return {
        PartNumber: number,
        ETag: etag,
        ...(sha256 === undefined ? {} : { ChecksumSHA256: sha256.toString('base64') }),
    };
}
function contradiction(reply, parts) {
    const { ChecksumSHA256, ETag } = reply;
    const ours = compositeSha256(parts);
    if (ChecksumSHA256 !== undefined && ours !== undefined) {
        return ChecksumSHA256 === ours ? undefined : 'the checksum of the whole is not that of its parts';
    }
    const etag = compositeEtag(parts);
    return etag !== undefined && isComposite(ETag) && bare(ETag) !== etag
        ? 'the ETag of the whole is not that of its parts'
        : undefined;
}
/** SHA-256 of the parts' SHA-256, and their number: what S3 calls a composite checksum. */
function compositeSha256(parts) {
    const digests = parts.flatMap(({ sha256 }) => (sha256 === undefined ? [] : [sha256]));
    if (digests.length < parts.length)
        return undefined;
    return `${(0,external_node_crypto_.createHash)('sha256').update(Buffer.concat(digests)).digest('base64')}-${parts.length}`;
}
/** The same of MD5, which ETags are made of; `undefined` when those of the parts aren't. */
function compositeEtag(parts) {
    const digests = parts.map(({ etag }) => bare(etag));
    const known = parts.every(({ etagIsDigest }) => etagIsDigest) && digests.every((digest) => /^[0-9a-f]{32}$/.test(digest));
    if (!known)
        return undefined;
    return `${(0,external_node_crypto_.createHash)('md5')
        .update(Buffer.from(digests.join(''), 'hex'))
        .digest('hex')}-${parts.length}`;
}
function isComposite(etag) {
    return etag !== undefined && /^[0-9a-f]{32}-\d+$/.test(bare(etag));
}
function bare(etag) {
    return etag.replace(/^"|"$/g, '');
}
/** Removes the parts of an upload; one that isn't there any more is fine. */
async function abortUpload(target, key, id, signal) {
    const input = { Bucket: target.bucket, Key: target.fullKey(key), UploadId: id };
    await target.call({ action: 's3:AbortMultipartUpload', doing: `give up ${key}`, signal }, (client, send) => client.send(new dist_cjs/* AbortMultipartUploadCommand */.tfP(input), send).catch(whenCode(['NoSuchUpload', 'NotFound'], undefined)));
}
function unprovable({ name }, doing, problem) {
    return new s3_store/* StoreError */.A('store-missing', `${name} could not ${doing}: ${problem}.`);
}

;// CONCATENATED MODULE: ./build/lib/s3/s3-abandoned.js


/** Multipart uploads that were begun and never completed, by the store's clock. */
async function abandonedUploads(target, prefix, olderThanMs) {
    const found = [];
    let page;
    do {
        page = await uploadsPage(target, prefix, page);
        const latest = Date.now() - (target.clockSkewMs() ?? 0) - olderThanMs;
        for (const { Key = '', UploadId = '', Initiated = new Date() } of page.Uploads ?? []) {
            const key = Key.slice(target.fullKey('').length);
            if (Initiated.getTime() > latest)
                continue;
            found.push({ key, startedAt: Initiated, abort: () => abortUpload(target, key, UploadId) });
        }
    } while (page.IsTruncated === true);
    return found;
}
function uploadsPage(target, prefix, previous) {
    const from = previous === undefined ? {} : { KeyMarker: previous.NextKeyMarker, UploadIdMarker: previous.NextUploadIdMarker };
    const call = { action: 's3:ListBucketMultipartUploads', doing: 'list its unfinished uploads' };
    return target.call(call, (client, send) => client.send(new dist_cjs/* ListMultipartUploadsCommand */.mo2({ Bucket: target.bucket, Prefix: target.fullKey(prefix), ...from }), send));
}

// EXTERNAL MODULE: ./build/lib/action/errors.js
var errors = __webpack_require__(1432);
// EXTERNAL MODULE: ./build/lib/s3/retry.js
var retry = __webpack_require__(9541);
// EXTERNAL MODULE: external "node:stream"
var external_node_stream_ = __webpack_require__(7075);
;// CONCATENATED MODULE: ./build/lib/s3/s3-client.js


/** Bytes that are handed to the socket at once: what TLS holds encrypted of a part. */
const SLICE = 256 * 1024;
/** A client that makes one attempt a request; repeating is s3-calls.ts's, which knows what may be repeated. */
function connect(location, settings, throttle) {
    const client = new dist_cjs/* S3Client */.YxF(configFor(location, settings));
    let clockSkewMs;
    client.middlewareStack.add((next) => (args) => {
        reusePayloadHash(args.request);
        return next(args);
    }, { name: 'reusePayloadHash', step: 'build', priority: 'low' });
    client.middlewareStack.add((next) => async (args) => {
        const request = args.request;
        if (request.body instanceof Uint8Array)
            request.body = slices(request.body, throttle, settings.bandwidthLimit);
        const sentAt = Date.now();
        const result = await next(args);
        clockSkewMs = skewBy(result.response, sentAt) ?? clockSkewMs;
        return result;
    }, 
    // Next to the connection, so that it sees the replies that the SDK turns into errors, too.
    { name: 'sliceBodyAndReadClock', step: 'deserialize', priority: 'low' });
    return { client, clockSkewMs: () => clockSkewMs };
}
function configFor(location, settings) {
    const { connectMs, stallMs } = settings.timeouts;
    const agent = { keepAlive: true, maxSockets: settings.concurrency * 2 + 4 };
    return {
        ...endpointOf(location),
        ...(location.profile === undefined ? {} : { profile: location.profile }),
        ...(settings.credentials === undefined ? {} : { credentials: settings.credentials }),
        // s3-calls.ts repeats what may be repeated.
        retryStrategy: { mode: 'none', retry: (next, args) => next(args) },
        followRegionRedirects: true,
        // A clock that is wrong is told, not worked around: ids, locks and retention are made of it.
        disableClockSkewCorrection: true,
        // Waiting for it makes the SDK open a connection of its own for every part.
        expectContinueHeader: false,
        requestChecksumCalculation: settings.requestChecksums === 'when-supported' ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
        // Readers compare the SHA-256 of the whole object with its manifest.
        responseChecksumValidation: 'WHEN_REQUIRED',
        requestHandler: {
            connectionTimeout: connectMs,
            socketTimeout: stallMs,
            httpAgent: agent,
            httpsAgent: agent,
        },
    };
}
function endpointOf({ endpoint, region, profile }) {
    if (endpoint === undefined)
        return region === undefined ? {} : { region };
    const found = process.env['AWS_REGION'] !== undefined || profile !== undefined;
    const chosen = region ?? (found ? undefined : 'us-east-1');
    return { endpoint, forcePathStyle: true, ...(chosen === undefined ? {} : { region: chosen }) };
}
/** A part's SHA-256 is its checksum and what its signature covers: computed once. */
function reusePayloadHash({ headers }) {
    const checksum = headers['x-amz-checksum-sha256'];
    if (checksum !== undefined)
        headers['x-amz-content-sha256'] = Buffer.from(checksum, 'base64').toString('hex');
}
function slices(body, throttle, limit = Number.POSITIVE_INFINITY) {
    // Under a limit no pause between two slices may look like a stalled connection.
    const size = Math.max(1024, Math.min(SLICE, Math.floor(limit / 20)));
    async function* pieces() {
        for (let at = 0; at < body.length; at += size) {
            const piece = body.subarray(at, at + size);
            await throttle(piece.length);
            yield piece;
        }
    }
    return external_node_stream_.Readable.from(pieces(), { highWaterMark: 1 });
}
/** A reply's time is cut to the second, so half of one is added. */
function skewBy(response, sentAt) {
    const server = Date.parse(response.headers['date'] ?? '');
    if (Number.isNaN(server))
        return undefined;
    return Math.round((sentAt + Date.now()) / 2 - (server + 500));
}

// EXTERNAL MODULE: ./build/lib/s3/throttle.js
var s3_throttle = __webpack_require__(947);
;// CONCATENATED MODULE: ./build/lib/s3/s3-calls.js





function targetAt(location, settings) {
    const throttle = (0,s3_throttle/* createThrottle */.v)(settings.bandwidthLimit);
    const { client, clockSkewMs } = connect(location, settings, throttle);
    const { bucket, prefix } = location;
    const name = prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`;
    return {
        name,
        bucket,
        location,
        settings,
        throttle,
        clockSkewMs,
        fullKey: (key) => (prefix === '' ? key : `${prefix}/${key}`),
        async call(call, send) {
            const options = call.signal === undefined ? {} : { abortSignal: call.signal };
            const mayRepeat = (error) => isTransient(error) || call.mayRepeat?.(error) === true;
            try {
                return await (0,retry/* withRetries */.LH)(settings.retries, () => send(client, options), mayRepeat, call.signal);
            }
            catch (error) {
                if (error instanceof errors/* UserError */.yo)
                    throw error;
                const { action, doing } = call;
                throw storeError(error, { store: name, bucket, action, doing, clockSkewMs: clockSkewMs() });
            }
        },
        close: () => client.destroy(),
    };
}

;// CONCATENATED MODULE: ./build/lib/s3/s3-lifecycle.js

const DAY_MS = 86_400_000;
/** Days after which a rule of the bucket deletes objects under `prefix`; `undefined` also when the rules can't be read. */
async function expiryDays(target, prefix) {
    const call = { action: 's3:GetLifecycleConfiguration', doing: 'read its lifecycle rules' };
    try {
        const { Rules = [] } = await target.call(call, (client, send) => client.send(new dist_cjs/* GetBucketLifecycleConfigurationCommand */.iQ1({ Bucket: target.bucket }), send));
        return soonestExpiry(Rules, target.fullKey(prefix), new Date());
    }
    catch {
        return undefined;
    }
}
/**
 * The fewest days of the rules that meet objects under `prefix` (of the bucket). Our objects carry no tags, so a rule for a
 * tag meets none ("Lifecycle configuration elements", Amazon S3 user guide).
 */
function soonestExpiry(rules, prefix, now) {
    const days = rules.filter((rule) => meets(rule, prefix)).map((rule) => daysOf(rule, now));
    const known = days.filter((count) => count !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
}
function meets({ Status, Filter, Prefix }, prefix) {
    if (Status !== 'Enabled' || Filter?.Tag !== undefined || (Filter?.And?.Tags ?? []).length > 0)
        return false;
    const ruled = Filter?.And?.Prefix ?? Filter?.Prefix ?? Prefix ?? '';
    return ruled.startsWith(prefix) || prefix.startsWith(ruled);
}
function daysOf({ Expiration }, now) {
    if (Expiration?.Days !== undefined)
        return Expiration.Days;
    if (Expiration?.Date === undefined)
        return undefined;
    return Math.max(0, Math.floor((Expiration.Date.getTime() - now.getTime()) / DAY_MS));
}

;// CONCATENATED MODULE: ./build/lib/s3/s3-list.js


async function* listObjects(target, prefix) {
    for await (const page of pages(target, prefix, {})) {
        for (const { etag: _, ...object } of objectsOf(target, page))
            yield object;
    }
}
async function listFolders(target, prefix) {
    const names = [];
    for await (const { CommonPrefixes = [] } of pages(target, prefix, { Delimiter: '/' })) {
        const start = target.fullKey(prefix).length;
        names.push(...CommonPrefixes.map(({ Prefix = '' }) => Prefix.slice(start, -1)));
    }
    return names;
}
/** An object as a list shows it: what a role without s3:GetObject on it may know. */
async function findObject(target, key) {
    const page = await listPage(target, key, { MaxKeys: 1 });
    return objectsOf(target, page).find((object) => object.key === key);
}
async function* pages(target, prefix, input) {
    let token;
    do {
        const page = await listPage(target, prefix, token === undefined ? input : { ...input, ContinuationToken: token });
        yield page;
        token = page.NextContinuationToken;
    } while (token !== undefined);
}
function listPage(target, prefix, input) {
    const call = { action: 's3:ListBucket', doing: `list ${prefix || 'it'}`, mayRepeat: isFlakyAbsence };
    return target.call(call, (client, send) => client.send(new dist_cjs/* ListObjectsV2Command */.u6x({ Bucket: target.bucket, Prefix: target.fullKey(prefix), ...input }), send));
}
/** A list is never absent; stores behind a balancer say so now and then. */
function isFlakyAbsence(error) {
    return ['NotFound', 'NoSuchKey'].includes(errorCode(error));
}
function objectsOf(target, { Contents = [] }) {
    const start = target.fullKey('').length;
    return Contents.map(({ Key = '', Size = 0, LastModified = new Date(0), ETag }) => ({
        key: Key.slice(start),
        bytes: Size,
        modifiedAt: LastModified,
        etag: ETag,
    }));
}

// EXTERNAL MODULE: ./build/lib/s3/read-limited.js
var read_limited = __webpack_require__(3884);
;// CONCATENATED MODULE: ./build/lib/s3/s3-read.js






const READ_ACTION = 's3:GetObject';
/**
 * The object's bytes. A connection that breaks, stalls or ends early is opened again where it broke; without progress, as
 * often as any request is repeated.
 */
async function readObject(target, key) {
    const first = await openAt(target, key, 0);
    return external_node_stream_.Readable.from(follow(target, key, first), { objectMode: false, highWaterMark: 1024 * 1024 });
}
async function* follow(target, key, first) {
    let opened = first;
    let at = 0;
    let failures = 0;
    try {
        while (at < first.bytes) {
            const next = await nextChunk(opened.chunks);
            if (next.kind === 'chunk') {
                at += next.chunk.length;
                failures = 0;
                await target.throttle(next.chunk.length);
                yield next.chunk;
            }
            else {
                failures += 1;
                opened.body.destroy();
                if (failures >= target.settings.retries.attempts)
                    throw brokenOff(target, key, at, first.bytes, next.error);
                await (0,retry/* pause */.v7)(target.settings.retries, failures);
                opened = await openAt(target, key, at, first.etag);
            }
        }
    }
    finally {
        opened.body.destroy();
    }
}
/** Errors of the connection become values: what a consumer throws into the generator must not look like one. */
async function nextChunk(chunks) {
    try {
        const { done, value } = await chunks.next();
        return done === true ? { kind: 'broken', error: undefined } : { kind: 'chunk', chunk: value };
    }
    catch (error) {
        return { kind: 'broken', error };
    }
}
function brokenOff(target, key, at, bytes, cause) {
    const message = `${target.name} could not read ${key}: it breaks off after ${at} of ${bytes} bytes, each time.`;
    return new s3_store/* StoreError */.A('store-unreachable', message, { cause });
}
async function openAt(target, key, at, etag) {
    const call = { action: READ_ACTION, doing: `read ${key}` };
    const range = at === 0 ? {} : { Range: `bytes=${at}-` };
    const same = etag === undefined ? {} : { IfMatch: etag };
    const input = { Bucket: target.bucket, Key: target.fullKey(key), ...range, ...same };
    const reply = await target.call(call, (client, send) => client.send(new dist_cjs/* GetObjectCommand */.jLs(input), send));
    const body = bodyOf(reply);
    if (at > 0 && reply.ContentRange?.startsWith(`bytes ${at}-`) !== true) {
        body.destroy();
        throw new s3_store/* StoreError */.A('store-unreachable', `${target.name} could not read ${key}: the store can't read from byte ${at} on.`);
    }
    return { body, chunks: body[Symbol.asyncIterator](), bytes: at + (reply.ContentLength ?? 0), etag: reply.ETag };
}
/** A small object, whole; `undefined` when it isn't there. */
async function readWhole(target, key, maxBytes) {
    const input = { Bucket: target.bucket, Key: target.fullKey(key) };
    return target.call({ action: READ_ACTION, doing: `read ${key}` }, async (client, send) => {
        const reply = await client.send(new dist_cjs/* GetObjectCommand */.jLs(input), send).catch(whenCode(['NoSuchKey'], undefined));
        return reply === undefined ? undefined : (0,read_limited/* readLimited */.t)(bodyOf(reply), { store: target.name, key, maxBytes });
    });
}
function bodyOf(reply) {
    if (reply.Body instanceof external_node_stream_.Readable)
        return reply.Body;
    throw new Error('The reply to GetObject has no stream of bytes.');
}

;// CONCATENATED MODULE: ./build/lib/s3/s3-put.js







/** Stores an object by one request. `sha256` is that of `body`, when it is known already. */
async function putObject(target, key, body, options = {}) {
    const { ifAbsent = false, lock, sha256 = (0,external_node_crypto_.createHash)('sha256').update(body).digest() } = options;
    const checksum = wantsChecksums(target, lock) ? { ChecksumSHA256: sha256.toString('base64') } : {};
    const putting = {
        key,
        body,
        call: { action: creationAction(lock), doing: `write ${key}` },
        input: { ...creation(target, key, lock), Body: body, ...checksum },
    };
    return ifAbsent ? putIfAbsent(target, putting) : put(target, putting);
}
async function put(target, { call, input }) {
    const reply = await target.call(call, (client, send) => client.send(new dist_cjs/* PutObjectCommand */.wKZ(input), send));
    return accepted(target, reply, call, input.ChecksumSHA256);
}
function accepted(target, reply, call, sent) {
    const stored = reply.ChecksumSHA256;
    if (stored === undefined || sent === undefined || stored === sent)
        return 'written';
    throw new s3_store/* StoreError */.A('store-missing', `${target.name} could not ${call.doing}: it holds other bytes than were sent.`);
}
async function putIfAbsent(target, putting) {
    const { call, input } = putting;
    let attempts = 0;
    const outcome = await target.call(call, (client, send) => {
        attempts += 1;
        return client
            .send(new dist_cjs/* PutObjectCommand */.wKZ({ ...input, IfNoneMatch: '*' }), send)
            .then((reply) => accepted(target, reply, call, input.ChecksumSHA256))
            .catch(whenCode(['PreconditionFailed'], 'exists'))
            .catch(whenCode(['NotImplemented'], 'unconditional'));
    });
    if (outcome === 'unconditional')
        return putUnlessListed(target, putting);
    // An earlier attempt of ours may have been carried out while its reply was lost.
    if (outcome === 'exists' && attempts > 1)
        return (await isOurs(target, putting)) ? 'written' : 'exists';
    return outcome;
}
/** Some stores (Backblaze B2) know no condition; what a list shows is the best that they can tell. */
async function putUnlessListed(target, putting) {
    return (await findObject(target, putting.key)) === undefined ? put(target, putting) : 'exists';
}
async function isOurs(target, { key, body }) {
    try {
        const stored = await readWhole(target, key, body.length);
        return stored?.equals(body) ?? false;
    }
    catch (error) {
        if (error instanceof s3_store/* StoreError */.A && errorCode(error.cause) !== 'AccessDenied')
            throw error;
        return false;
    }
}

;// CONCATENATED MODULE: ./build/lib/s3/s3-remove.js



/**
 * Removes every version of a key by its id, the oldest first, so that none comes to light again when this is cut short. A
 * delete marker stays where a lock keeps a version under it, and none is ever laid.
 */
async function removeObject(target, key) {
    const versions = await versionsOf(target, key);
    if (versions === undefined)
        return removeUnversioned(target, key);
    if (versions.length === 0)
        return 'missing';
    const objects = versions.filter(({ kind }) => kind === 'object').reverse();
    const fates = [];
    for (const { id } of objects)
        fates.push(await removeVersion(target, key, id));
    if (fates.includes('retained'))
        return 'retained';
    for (const { id, kind } of versions)
        if (kind === 'delete-marker')
            await removeVersion(target, key, id);
    return 'removed';
}
/** Newest first; `undefined` where the store knows no versions. */
async function versionsOf(target, key) {
    const found = [];
    let page;
    do {
        page = await versionsPage(target, key, page);
        if (page === undefined)
            return undefined;
        found.push(...versionsOn(page, target.fullKey(key)));
    } while (page.IsTruncated === true && page.NextKeyMarker === target.fullKey(key));
    return found;
}
function versionsOn({ Versions = [], DeleteMarkers = [] }, fullKey) {
    const of = (kind, entries) => entries.filter(({ Key }) => Key === fullKey).map(({ VersionId = 'null' }) => ({ id: VersionId, kind }));
    return [...of('object', Versions), ...of('delete-marker', DeleteMarkers)];
}
/** Other keys that begin with this one come after it, so its own versions are on the first pages. */
function versionsPage(target, key, previous) {
    const from = previous === undefined ? {} : { KeyMarker: previous.NextKeyMarker, VersionIdMarker: previous.NextVersionIdMarker };
    const input = { Bucket: target.bucket, Prefix: target.fullKey(key), ...from };
    return target.call({ action: 's3:ListBucketVersions', doing: `list the versions of ${key}` }, (client, send) => client
        .send(new dist_cjs/* ListObjectVersionsCommand */.uc$(input), send)
        .catch(whenCode(['NotImplemented', 'VersioningNotConfigured'], undefined)));
}
async function removeUnversioned(target, key) {
    if ((await findObject(target, key)) === undefined)
        return 'missing';
    const input = { Bucket: target.bucket, Key: target.fullKey(key) };
    return target.call({ action: 's3:DeleteObject', doing: `delete ${key}` }, (client, send) => client
        .send(new dist_cjs/* DeleteObjectCommand */.k4j(input), send)
        .then(() => 'removed')
        .catch(retainedIfLocked));
}
async function removeVersion(target, key, id) {
    const input = { Bucket: target.bucket, Key: target.fullKey(key), VersionId: id };
    return target.call({ action: 's3:DeleteObjectVersion', doing: `delete a version of ${key}` }, (client, send) => client
        .send(new dist_cjs/* DeleteObjectCommand */.k4j(input), send)
        .then(() => 'removed')
        .catch(retainedIfLocked)
        .catch(async (error) => {
        if (errorCode(error) === 'AccessDenied' && (await hasRetention(target, key, id)))
            return 'retained';
        throw error;
    }));
}
function retainedIfLocked(error) {
    if (isLocked(error))
        return 'retained';
    throw error;
}
/** For stores that deny a deletion without saying why. What can't be known is no retention: the denial is told. */
async function hasRetention(target, key, id) {
    const input = { Bucket: target.bucket, Key: target.fullKey(key), VersionId: id };
    try {
        const { Retention } = await target.call({ action: 's3:GetObjectRetention', doing: `read ${key}` }, (client, send) => client.send(new dist_cjs/* GetObjectRetentionCommand */.zsK(input), send));
        const now = Date.now() - (target.clockSkewMs() ?? 0);
        return (Retention?.RetainUntilDate?.getTime() ?? 0) > now;
    }
    catch {
        return false;
    }
}

// EXTERNAL MODULE: ./build/lib/s3/options.js
var s3_options = __webpack_require__(5305);
;// CONCATENATED MODULE: ./build/lib/s3/part-buffers.js
function createPartBuffers(size, count) {
    const free = [];
    const waiting = [];
    let allocated = 0;
    let failure;
    return {
        async take() {
            if (failure !== undefined)
                throw failure.error;
            const buffer = free.pop();
            if (buffer !== undefined)
                return buffer;
            if (allocated < count) {
                allocated += 1;
                return Buffer.allocUnsafeSlow(size);
            }
            const turn = Promise.withResolvers();
            waiting.push(turn);
            return turn.promise;
        },
        give(buffer) {
            const next = waiting.shift();
            if (next === undefined)
                free.push(buffer);
            else
                next.resolve(buffer);
        },
        fail(error) {
            failure ??= { error };
            for (const turn of waiting.splice(0))
                turn.reject(error);
        },
    };
}

;// CONCATENATED MODULE: ./build/lib/s3/s3-writer.js









/** A run that is cancelled has 7.5 s until it is killed (GitHub's documentation, "Canceling a workflow run"). */
const ABORT_MS = 5000;
/**
 * An object that is written in parts of one size, several on their way at the same time. What fits into one part is stored
 * by one request instead. Several buffers are filled and sent in turn; together they take at most 128 MiB.
 */
function writeObject(target, key, options) {
    const { settings } = target;
    const partSize = (0,s3_options/* partSizeFor */.oV)(settings, options.estimate);
    const buffers = createPartBuffers(partSize, Math.max(1, Math.min(settings.concurrency + 1, s3_options/* PART_MEMORY */.GL / partSize)));
    const whole = (0,external_node_crypto_.createHash)('sha256');
    const parts = [];
    const stop = new AbortController();
    let filling;
    let upload;
    let bytes = 0;
    let completed = false;
    let failure;
    function fail(error) {
        failure ??= { error };
        stop.abort();
        buffers.fail(error);
    }
    /** Sends what has been filled, and doesn't wait for it. */
    function dispatch({ buffer, bytes: filled, sha256 }) {
        filling = undefined;
        const number = parts.length + 1;
        const digest = wantsChecksums(target, options.lock) ? sha256.digest() : undefined;
        const part = { number, body: buffer.subarray(0, filled), sha256: digest };
        upload ??= beginUpload(target, key, options.lock);
        const sent = upload.then((id) => sendPart(target, { key, id, signal: stop.signal }, part));
        parts.push(sent);
        sent.then(() => buffers.give(buffer), fail);
    }
    async function fill(chunk) {
        if (filling?.bytes === partSize)
            dispatch(filling);
        if (parts.length >= settings.maxParts)
            throw tooManyParts(target, key);
        filling ??= { buffer: await buffers.take(), bytes: 0, sha256: (0,external_node_crypto_.createHash)('sha256') };
        const piece = chunk.subarray(0, partSize - filling.bytes);
        filling.buffer.set(piece, filling.bytes);
        filling.sha256.update(piece);
        filling.bytes += piece.length;
        return piece.length;
    }
    /** Its own error, not that of parts which were given up because of it. */
    async function sentParts() {
        try {
            return await Promise.all(parts);
        }
        catch (error) {
            throw failure?.error ?? error;
        }
    }
    async function finishUpload(id) {
        if (filling !== undefined)
            dispatch(filling);
        const sent = await sentParts();
        const outcome = await completeUpload(target, key, id, sent);
        completed = true;
        await proveByList(target, key, bytes, outcome === 'proved' ? undefined : sent);
    }
    async function finishSmall() {
        const body = filling?.buffer.subarray(0, filling.bytes) ?? new Uint8Array();
        const sha256 = filling === undefined ? {} : { sha256: filling.sha256.digest() };
        await putObject(target, key, body, { ...(options.lock === undefined ? {} : { lock: options.lock }), ...sha256 });
        completed = true;
        await proveByList(target, key, bytes, undefined);
    }
    return {
        get capacity() {
            return partSize * settings.maxParts - bytes;
        },
        async write(chunk) {
            for (let rest = chunk; rest.length > 0;) {
                const taken = await fill(rest);
                rest = rest.subarray(taken);
            }
            whole.update(chunk);
            bytes += chunk.length;
        },
        async finish() {
            if (upload === undefined)
                await finishSmall();
            else
                await finishUpload(await upload);
            return { key, bytes, sha256: whole.digest('hex') };
        },
        async abort() {
            if (completed || upload === undefined)
                return;
            fail(new s3_store/* StoreError */.A('store-unreachable', `Writing ${key} to ${target.name} was given up.`));
            await Promise.allSettled(parts);
            await upload.then((id) => abortUpload(target, key, id, AbortSignal.timeout(ABORT_MS))).catch(() => { });
        },
    };
}
function tooManyParts({ name, settings }, key) {
    const message = `${key} has more than the ${settings.maxParts} parts that ${name} allows an object.`;
    return new s3_store/* StoreError */.A('store-full', message, { remedy: 'Set a larger part-size.' });
}
/**
 * The writer's role may not read what it writes, but it may list: its size there proves that all has arrived. `unanswered`
 * holds the parts when the store's own answer was lost; then the list's ETag has to be theirs, too.
 */
async function proveByList(target, key, bytes, unanswered) {
    for (let attempt = 1;; attempt += 1) {
        const problem = await contradictionInList(target, key, bytes, unanswered);
        if (problem === undefined)
            return;
        // Some stores list an object only a little later.
        if (attempt === LIST_ATTEMPTS)
            throw unprovable(target, `complete ${key}`, problem);
        await (0,retry/* pause */.v7)(target.settings.retries, attempt);
    }
}
const LIST_ATTEMPTS = 4;
async function contradictionInList(target, key, bytes, unanswered) {
    const found = await findObject(target, key);
    if (found === undefined)
        return 'it is not in the list';
    if (found.bytes !== bytes)
        return `it has ${found.bytes} bytes instead of ${bytes}`;
    if (unanswered === undefined || !isComposite(found.etag))
        return undefined;
    const expected = compositeEtag(unanswered);
    return expected === undefined || bare(found.etag) === expected ? undefined : 'another object is under its key';
}

;// CONCATENATED MODULE: ./build/lib/s3/s3-store.js











/** A prefix of a bucket as a store. Makes no request. */
function openS3(location, settings) {
    const target = targetAt(location, settings);
    return {
        name: target.name,
        get clockSkewMs() {
            return target.clockSkewMs();
        },
        async put(key, body, options = {}) {
            (0,keys/* checkKey */.yR)(key);
            return putObject(target, key, body, options);
        },
        write(key, options = {}) {
            (0,keys/* checkKey */.yR)(key);
            return writeObject(target, key, options);
        },
        async read(key) {
            (0,keys/* checkKey */.yR)(key);
            return readObject(target, key);
        },
        async readAll(key, maxBytes) {
            (0,keys/* checkKey */.yR)(key);
            return readWhole(target, key, maxBytes);
        },
        async head(key) {
            (0,keys/* checkKey */.yR)(key);
            return headObject(target, key);
        },
        list(prefix) {
            (0,keys/* checkPrefix */.by)(prefix);
            return listObjects(target, prefix);
        },
        async folders(prefix) {
            (0,keys/* checkPrefix */.by)(prefix);
            return listFolders(target, prefix);
        },
        async remove(key) {
            (0,keys/* checkKey */.yR)(key);
            return removeObject(target, key);
        },
        async expiryDays(prefix) {
            return expiryDays(target, prefix);
        },
        async abandonedUploads(prefix, olderThanMs) {
            (0,keys/* checkPrefix */.by)(prefix);
            return abandonedUploads(target, prefix, olderThanMs);
        },
        close: () => target.close(),
    };
}
async function headObject(target, key) {
    const input = { Bucket: target.bucket, Key: target.fullKey(key) };
    const reply = await target.call({ action: 's3:GetObject', doing: `look at ${key}` }, (client, send) => client.send(new dist_cjs/* HeadObjectCommand */.l81(input), send).catch(whenCode(['NotFound', 'NoSuchKey'], undefined)));
    if (reply === undefined)
        return undefined;
    return { key, bytes: reply.ContentLength ?? 0, modifiedAt: reply.LastModified ?? new Date(0) };
}


/***/ })

};
