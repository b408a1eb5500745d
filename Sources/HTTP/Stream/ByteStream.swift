/// Why a stream of bytes ended before its end.
package enum StreamFault: Error, Sendable, Equatable {
    /// The other side, or we, cut the connection.
    case closed
    /// Nothing moved for too long.
    case stalled
    case failed(String)
}

/// Bytes both ways with back-pressure: a connection, plain or TLS, or what it was upgraded to.
/// Callable from any task; one reader at a time.
package protocol ByteStream: AnyObject, Sendable {
    /// The next bytes, never empty; `nil` once the other side has finished.
    func read() async throws(StreamFault) -> [UInt8]?
    /// Takes the bytes at once, whatever is waiting already.
    /// - Returns: how many bytes wait to be sent now; `nil` if the stream is closed.
    @discardableResult func enqueue(_ bytes: [UInt8]) -> Int?
    /// Bytes taken that are not yet sent.
    var waiting: Int { get }
    /// Returns when less than the high-water mark waits.
    func drained() async throws(StreamFault)
    /// Nothing more will be written; what waits still goes.
    func finish()
    /// Ends both ways, after what waits has been sent; nothing more is read.
    func close()
    /// Cuts both ways at once.
    func abort()
}

extension ByteStream {
    /// Suspends above the high-water mark.
    package func write(_ bytes: [UInt8]) async throws(StreamFault) {
        guard enqueue(bytes) != nil else { throw .closed }
        try await drained()
    }
}
