package import Store

/// The appliance's own connection to the broker of its devices.
package protocol FleetLink: Sendable {
    /// - Parameters:
    ///   - isSure: asks the broker to acknowledge it; it may drop it afterwards all the same, so
    ///     that whoever waits for something repeats himself.
    ///   - life: after it the broker gives it to nobody any more; `nil`: it keeps it for whoever
    ///     comes back.
    func publish(
        _ topic: String, _ payload: [UInt8], isSure: Bool, life: Duration?
    ) async throws(FleetFault)

    /// Each message of a device goes to `handler`, in the order in which they came.
    func listen(
        _ filters: [String], _ handler: @escaping @Sendable (String, [UInt8]) async -> Void
    ) async

    /// Who comes and goes. One listener.
    var presence: AsyncStream<FleetPresence> { get }
    /// Whether the broker tells who comes and goes; else only what a device says shows that it is
    /// there.
    var tellsPresence: Bool { get }
    /// Whether the broker has somebody of this user name; `nil`: that is not known.
    func isPresent(_ name: String) -> Bool?
}

extension FleetLink {
    package func publish(
        _ topic: String, _ payload: [UInt8], isSure: Bool
    ) async throws(FleetFault) {
        try await publish(topic, payload, isSure: isSure, life: nil)
    }
    package var tellsPresence: Bool { true }
    package func isPresent(_ name: String) -> Bool? { nil }
}

package enum FleetPresence: Sendable, Equatable {
    /// The link itself stands, or does not: then nobody knows who is there.
    case link(isUp: Bool)
    /// - Parameter name: the user name at the broker.
    case came(name: String, address: String?)
    case left(name: String)
}

/// Why a device was not told something, or did not do it.
package enum FleetFault: Error, Sendable, Equatable {
    /// It is not connected.
    case offline
    /// It was told and gave no answer in time.
    case timedOut(correlation: String)
    case refused(code: String, text: String)
    /// This kind of agent can't do that. One sentence.
    case unsupported(String)
    /// More is open with this device than it will ever answer.
    case busy
    /// The broker does not take it. One sentence.
    case broker(String)
    case store(StoreError)
}
