import Domain
import Synchronization

/// What is to be done about devices soon, each once however often it was asked for. Whoever hears
/// what devices say must not wait for what they are told: while a thousand come back at once, their
/// last words would wait behind each other's documents.
final class DeviceErrands: Sendable {
    struct Errand: OptionSet, Sendable {
        let rawValue: UInt8
        /// Orders without an answer, and what somebody watches.
        static let missed = Errand(rawValue: 1)
        /// It may have spoken while nobody heard it.
        static let askAgain = Errand(rawValue: 2)
        /// It lags behind.
        static let apply = Errand(rawValue: 4)
    }

    private let waiting = Mutex<[Device.ID: Errand]>([:])
    private let bell: AsyncStream<Void>.Continuation
    /// One listener.
    let news: AsyncStream<Void>

    init() {
        (news, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func put(_ errand: Errand, for id: Device.ID) {
        waiting.withLock { _ = $0[id, default: []].insert(errand) }
        bell.yield()
    }

    func takeAll() -> [(id: Device.ID, errand: Errand)] {
        let all = waiting.withLock { waiting in
            defer { waiting = [:] }
            return waiting
        }
        return all.map { ($0.key, $0.value) }
    }
}
