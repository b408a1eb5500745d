/// Bytes that are there as long as the process runs, such as an embedded file.
package struct FixedBytes: @unchecked Sendable {
    package let buffer: UnsafeRawBufferPointer

    /// - Parameter buffer: memory that is never freed or written to again.
    package init(_ buffer: UnsafeRawBufferPointer) { self.buffer = buffer }

    package var count: Int { buffer.count }

    package func range(_ range: Range<Int>) -> FixedBytes {
        FixedBytes(UnsafeRawBufferPointer(rebasing: buffer[range]))
    }
}

/// Something to write.
package enum Output: Sendable {
    case bytes([UInt8])
    /// Written from where it lies.
    case `static`(FixedBytes)

    package var count: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .static(let bytes): bytes.count
        }
    }
}
