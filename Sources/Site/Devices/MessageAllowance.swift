/// How much of what a device sends is read: a burst, then so much a second. The rest is dropped
/// and counted; a device that floods must not take the others' time.
struct MessageAllowance {
    private let burst: Double
    private let perSecond: Double
    private var left: Double
    private var at: Duration
    private(set) var dropped = 0

    init(burst: Int, perSecond: Double, now: Duration) {
        self.burst = Double(burst)
        self.perSecond = perSecond
        left = Double(burst)
        at = now
    }

    /// - Parameter count: messages, bytes or whatever is allowed.
    mutating func take(_ now: Duration, _ count: Int = 1) -> Bool {
        let seconds =
            Double((now - at).components.seconds)
            + Double((now - at).components.attoseconds) / 1e18
        left = min(burst, left + max(seconds, 0) * perSecond)
        at = now
        guard left >= Double(count) else {
            dropped += 1
            return false
        }
        left -= Double(count)
        return true
    }
}

/// Of one device: messages, bytes and what they hold, judged before anything is parsed.
struct DeviceAllowance {
    private var talk: MessageAllowance
    private var talkBytes: MessageAllowance
    private var stream: MessageAllowance
    private var streamBytes: MessageAllowance
    private var records: MessageAllowance

    init(_ now: Duration) {
        talk = MessageAllowance(burst: 60, perSecond: 2, now: now)
        // An answer with all that runs on a device may be a megabyte.
        talkBytes = MessageAllowance(burst: 4 << 20, perSecond: 131_072, now: now)
        stream = MessageAllowance(burst: 1_000, perSecond: 100, now: now)
        // A thousand lines that an agent has kept, and its samples of an hour, come at once.
        streamBytes = MessageAllowance(burst: 2 << 20, perSecond: 65_536, now: now)
        records = MessageAllowance(burst: 8_000, perSecond: 200, now: now)
    }

    mutating func admits(_ payload: [UInt8], isStream: Bool, _ now: Duration) -> Bool {
        guard isStream else {
            return talk.take(now) && talkBytes.take(now, payload.count)
        }
        guard stream.take(now), streamBytes.take(now, payload.count) else { return false }
        // Each record is an object; one that nests them counts for more.
        let objects = payload.withUnsafeBufferPointer { bytes in
            var count = 0
            for byte in bytes where byte == UInt8(ascii: "{") { count += 1 }
            return count
        }
        return records.take(now, max(objects, 1))
    }
}
