/// How many devices one process plays, and how they behave.
package struct SimulationSettings: Sendable {
    package var count: Int
    package var directory: String
    package var host: String
    package var port: UInt16
    /// Of those told to change, at random but always the same.
    package var failPercent: Int
    /// Never connect.
    package var offlinePercent: Int
    /// From the last chunk to the report that all is well.
    package var latency: Duration
    /// Connections that are made at one moment.
    package var connecting: Int
    /// Changes that are fetched at one moment.
    package var fetching: Int

    package init(
        count: Int, directory: String, host: String, port: UInt16, failPercent: Int = 0,
        offlinePercent: Int = 0, latency: Duration = .zero, connecting: Int = 64,
        fetching: Int = 32
    ) {
        self.count = count
        self.directory = directory
        self.host = host
        self.port = port
        self.failPercent = failPercent
        self.offlinePercent = offlinePercent
        self.latency = latency
        self.connecting = connecting
        self.fetching = fetching
    }

    /// Spread over the devices, the same in each run.
    func isChosen(_ number: Int, percent: Int, salt: Int) -> Bool {
        var mixed = UInt64(number &* 2_654_435_761 &+ salt)
        mixed ^= mixed >> 13
        mixed = mixed &* 0x9E37_79B9_7F4A_7C15
        return Int((mixed >> 33) % 100) < percent
    }
}
