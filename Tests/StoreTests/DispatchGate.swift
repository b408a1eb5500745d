import Dispatch

/// Holds a thread until it is opened.
final class DispatchGate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func wait() { _ = semaphore.wait(timeout: .now() + .seconds(240)) }
    func open() { semaphore.signal() }
}
