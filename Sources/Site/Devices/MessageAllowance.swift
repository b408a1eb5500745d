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

    mutating func take(_ now: Duration) -> Bool {
        let seconds =
            Double((now - at).components.seconds)
            + Double((now - at).components.attoseconds) / 1e18
        left = min(burst, left + max(seconds, 0) * perSecond)
        at = now
        guard left >= 1 else {
            dropped += 1
            return false
        }
        left -= 1
        return true
    }
}
