package import Basics
package import Site
import Synchronization

/// A broker in memory: keeps what is said to devices, and lets a test speak for them.
package final class MemoryFleetLink: FleetLink {
    package struct Said: Sendable, Equatable {
        package let topic: String
        package let payload: [UInt8]
        package var life: Duration?
        package var json: JSONValue { (try? JSONReader.read(payload)) ?? .null }
    }

    private struct State {
        var said: [Said] = []
        var waiting: [(count: Int, done: CheckedContinuation<Void, Never>)] = []
        var refusal: FleetFault?
        var isHeld = false
        var held: [CheckedContinuation<Void, Never>] = []
        var present: Set<String>?
    }

    private let state = Mutex(State())
    package let presence: AsyncStream<FleetPresence>
    private let events: AsyncStream<FleetPresence>.Continuation

    package let tellsPresence: Bool

    /// - Parameter tellsPresence: as a broker of ours does.
    package init(tellsPresence: Bool = true) {
        self.tellsPresence = tellsPresence
        (presence, events) = AsyncStream.makeStream(of: FleetPresence.self)
    }

    /// What the broker says of who is there; `nil`: nothing.
    package func isPresent(_ name: String) -> Bool? {
        state.withLock { $0.present?.contains(name) }
    }
    package func tellPresent(_ names: Set<String>?) { state.withLock { $0.present = names } }

    /// Every publish throws this from now on; `nil`: none does.
    package func refuse(_ fault: FleetFault?) { state.withLock { $0.refusal = fault } }

    /// What is published from now on stays on its way until `release`.
    package func hold() { state.withLock { $0.isHeld = true } }

    package func release() {
        let held = state.withLock { state in
            defer { (state.isHeld, state.held) = (false, []) }
            return state.held
        }
        for one in held { one.resume() }
    }

    package var said: [Said] { state.withLock { $0.said } }

    package func publish(
        _ topic: String, _ payload: [UInt8], isSure: Bool, life: Duration?
    ) async throws(FleetFault) {
        let (refusal, ready) = state.withLock {
            state -> (FleetFault?, [CheckedContinuation<Void, Never>]) in
            if let refusal = state.refusal { return (refusal, []) }
            state.said.append(Said(topic: topic, payload: payload, life: life))
            let count = state.said.count
            let ready = state.waiting.filter { $0.count <= count }.map(\.done)
            state.waiting.removeAll { $0.count <= count }
            return (nil, ready)
        }
        for one in ready { one.resume() }
        await withCheckedContinuation { goesOn in
            let isHeld = state.withLock { state in
                if state.isHeld { state.held.append(goesOn) }
                return state.isHeld
            }
            if !isHeld { goesOn.resume() }
        }
        if let refusal { throw refusal }
    }

    /// Waits until so many messages were sent to devices.
    package func wait(for count: Int) async {
        await withCheckedContinuation { done in
            let isThere = state.withLock { state in
                if state.said.count >= count { return true }
                state.waiting.append((count, done))
                return false
            }
            if isThere { done.resume() }
        }
    }

    package func listen(
        _ filters: [String], _ handler: @escaping @Sendable (String, [UInt8]) async -> Void
    ) async {}
}
