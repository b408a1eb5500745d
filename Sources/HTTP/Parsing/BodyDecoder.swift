/// A body out of bytes, whatever its framing.
package struct BodyDecoder: Sendable {
    private let framing: BodyFraming
    private var remaining: Int64
    private var chunks = ChunkedDecoder()
    private var isClosed = false

    package init(_ framing: BodyFraming) {
        self.framing = framing
        remaining = framing.declaredLength ?? 0
    }

    /// Nothing of the body is missing; what follows is the next message.
    package var isDone: Bool {
        switch framing {
        case .none: true
        case .length: remaining == 0
        case .chunked: chunks.isDone
        case .untilClose: isClosed
        }
    }

    /// Appends the body's bytes to `output`.
    /// - Returns: how many bytes of `input` belong to the body.
    package mutating func decode(
        _ input: UnsafeRawBufferPointer, into output: inout [UInt8]
    ) throws(HTTPFault) -> Int {
        switch framing {
        case .none: return 0
        case .chunked: return try chunks.decode(input, into: &output)
        case .untilClose:
            output.append(contentsOf: input)
            return input.count
        case .length:
            let count = Int(min(remaining, Int64(input.count)))
            output.append(contentsOf: UnsafeRawBufferPointer(rebasing: input[..<count]))
            remaining -= Int64(count)
            return count
        }
    }

    /// The connection has ended. `false` if the body had not.
    package mutating func close() -> Bool {
        if framing == .untilClose { isClosed = true }
        return isDone
    }
}
