/// Where a streamed answer goes.
package struct ResponseWriter: Sendable {
    private let send: @Sendable ([UInt8]) async throws(StreamFault) -> Void

    package init(_ send: @escaping @Sendable ([UInt8]) async throws(StreamFault) -> Void) {
        self.send = send
    }

    /// Suspends while the client takes nothing and the high-water mark is reached.
    package func write(_ bytes: [UInt8]) async throws(StreamFault) {
        guard !bytes.isEmpty else { return }
        try await send(bytes)
    }
}
