/// Bytes that live as long as the process, such as files embedded in the executable. They are written
/// to a socket from where they lie.
// Unchecked: nobody writes to them, and nobody frees them.
package struct StaticBytes: @unchecked Sendable {
    package let buffer: UnsafeRawBufferPointer

    /// - Parameter buffer: memory that is never freed or written to again.
    package init(_ buffer: UnsafeRawBufferPointer) { self.buffer = buffer }

    package var count: Int { buffer.count }

    package func range(_ range: Range<Int>) -> StaticBytes {
        StaticBytes(UnsafeRawBufferPointer(rebasing: buffer[range]))
    }
}
