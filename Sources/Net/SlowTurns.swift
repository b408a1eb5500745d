/// What is said about turns that took too long: a line a second at most.
struct SlowTurns {
    private var last: LoopTime?
    private var unreported = 0

    mutating func report(_ took: Duration, now: LoopTime) -> String? {
        unreported += 1
        if let last, now - last < .seconds(1) { return nil }
        defer {
            last = now
            unreported = 0
        }
        return "the event loop stood still for \(took.nanoseconds / 1_000_000) ms: something on it "
            + "blocks or computes, or the machine is overloaded "
            + "(\(unreported) such turns since the last report)"
    }
}
