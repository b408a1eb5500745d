/// Where there is no broker: nobody is there, and nothing can be said.
package struct NoFleetLink: FleetLink {
    package init() {}

    package func publish(
        _ topic: String, _ payload: [UInt8], isSure: Bool
    ) async throws(FleetFault) {
        throw .broker("There is no broker for devices.")
    }

    package func listen(
        _ filters: [String], _ handler: @escaping @Sendable (String, [UInt8]) async -> Void
    ) async {}

    package var presence: AsyncStream<FleetPresence> {
        AsyncStream { $0.yield(.link(isUp: false)) }
    }
}
