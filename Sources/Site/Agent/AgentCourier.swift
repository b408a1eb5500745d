import Basics
import Domain

/// Brings what a device kept to the appliance, a batch at a time. One that is refused for what is in
/// it is cut in halves until the one record is found that nobody takes: it goes, with a word about
/// it, and holds up no other.
struct AgentCourier {
    let records: AgentRecords

    /// Returns when nothing waits any more, or after a record was given up.
    /// - Throws: where the appliance is out of reach or busy; the records wait.
    func deliver(
        _ send: ([UInt8]) async throws(AgentUplinkFault) -> Void
    ) async throws(AgentUplinkFault) {
        var most = AgentRecords.batch
        while let batch = await records.batch(most: most), !Task.isCancelled {
            do throws(AgentUplinkFault) {
                try await send(batch.body)
                await records.acknowledge(batch)
                most = min(most * 2, AgentRecords.batch)
            } catch {
                guard error.isOfContent else { throw error }
                guard batch.count > 1 else {
                    await records.acknowledge(batch)
                    await records.note(
                        .warn, "A record of this log could not be sent: \(error)", at: .now())
                    return
                }
                most = batch.count / 2
            }
        }
    }
}

extension AgentUplinkFault {
    /// The same again will be refused again.
    fileprivate var isOfContent: Bool {
        switch self {
        case .refused(let status, _): [400, 413, 422].contains(status)
        case .unreachable, .malformed: false
        }
    }
}
