/// Frames into bytes; pure.
package enum WebSocketFrameEncoder {
    package enum Opcode: UInt8, Sendable {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    /// - Parameter mask: four random bytes where a client sends; `nil` where a server does.
    package static func frame(
        _ opcode: Opcode, _ payload: some Collection<UInt8>, isFinal: Bool = true, mask: UInt32?
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        let count = payload.count
        bytes.reserveCapacity(count + 14)
        bytes.append((isFinal ? 0x80 : 0) | opcode.rawValue)
        let flag: UInt8 = mask == nil ? 0 : 0x80
        switch count {
        case ..<126: bytes.append(flag | UInt8(count))
        case ..<65_536:
            bytes += [flag | 126, UInt8(count >> 8), UInt8(count & 0xFF)]
        default:
            bytes.append(flag | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: count >> shift))
            }
        }
        if let mask {
            for shift in stride(from: UInt32(0), through: 24, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: mask >> shift))
            }
        }
        let start = bytes.count
        bytes.append(contentsOf: payload)
        if let mask {
            bytes.withUnsafeMutableBufferPointer { buffer in
                WebSocketMask.apply(
                    mask, to: UnsafeMutableBufferPointer(rebasing: buffer[start...]), offset: 0)
            }
        }
        return bytes
    }

    /// A reason is cut to what a control frame can carry, between two letters.
    package static func close(code: UInt16, reason: String, mask: UInt32?) -> [UInt8] {
        var payload = [UInt8(code >> 8), UInt8(code & 0xFF)]
        for letter in reason where payload.count + letter.utf8.count <= 125 {
            payload.append(contentsOf: letter.utf8)
        }
        return frame(.close, payload, mask: mask)
    }
}
