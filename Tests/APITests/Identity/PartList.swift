import Synchronization

/// Bytes that were written, in order.
final class PartList: Sendable {
    private let parts = Mutex<[UInt8]>([])
    func add(_ bytes: [UInt8]) { parts.withLock { $0 += bytes } }
    var bytes: [UInt8] { parts.withLock { $0 } }
}
