import HTTP
import Synchronization

/// One end of a pipe in memory; what is written here is read there.
final class PipeStream: ByteStream {
    private let incoming: AsyncStream<[UInt8]>
    private let put: AsyncStream<[UInt8]>.Continuation
    private let other = Mutex<PipeStream?>(nil)
    private let isClosed = Mutex(false)

    private init() { (incoming, put) = AsyncStream.makeStream(of: [UInt8].self) }

    static func pair() -> (PipeStream, PipeStream) {
        let (near, far) = (PipeStream(), PipeStream())
        near.other.withLock { $0 = far }
        far.other.withLock { $0 = near }
        return (near, far)
    }

    func read() async throws(StreamFault) -> [UInt8]? {
        var iterator = incoming.makeAsyncIterator()
        return await iterator.next()
    }

    @discardableResult func enqueue(_ bytes: [UInt8]) -> Int? {
        guard let other = other.withLock({ $0 }) else { return nil }
        other.put.yield(bytes)
        return 0
    }

    var waiting: Int { 0 }
    func drained() async throws(StreamFault) {}
    func finish() { other.withLock { $0 }?.put.finish() }

    func close() {
        finish()
        put.finish()
    }

    func abort() {
        close()
        other.withLock { $0 = nil }
    }
}
