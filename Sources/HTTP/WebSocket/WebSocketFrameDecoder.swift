/// Frames out of bytes, messages out of frames (RFC 6455 §5); pure. Without extensions: a reserved
/// bit is a violation.
package struct WebSocketFrameDecoder: Sendable {
    package enum Role: Sendable { case server, client }

    package enum Event: Sendable, Equatable {
        case message(WebSocketMessage)
        case ping([UInt8])
        case pong([UInt8])
        /// 1005 if the frame holds no code.
        case close(code: UInt16, reason: String)
    }

    private struct Frame {
        var isFinal: Bool
        var opcode: UInt8
        var length: Int
        var mask: UInt32
        var received = 0
    }

    private let role: Role
    private let maxMessage: Int
    private var header: [UInt8] = []
    private var frame: Frame?
    private var control: [UInt8] = []
    private var message: [UInt8] = []
    /// 1 or 2 while a message is open.
    private var messageOpcode: UInt8 = 0
    private var validator = UTF8Validator()
    package private(set) var isClosed = false

    /// - Parameter maxMessage: in bytes, over all its fragments; beyond it code 1009.
    package init(role: Role, maxMessage: Int = 16 << 20) {
        self.role = role
        self.maxMessage = maxMessage
    }

    /// Takes bytes until the next event.
    /// - Returns: how many were taken, and the event if there is one. All taken and no event means
    ///   that more is needed.
    package mutating func decode(
        _ input: UnsafeRawBufferPointer
    ) throws(WebSocketFault) -> (consumed: Int, event: Event?) {
        var index = 0
        while index < input.count, !isClosed {
            if frame == nil {
                index += try readHeader(UnsafeRawBufferPointer(rebasing: input[index...]))
                guard frame != nil else { break }
            }
            index += try readPayload(UnsafeRawBufferPointer(rebasing: input[index...]))
            if let event = try completeFrame() { return (index, event) }
        }
        // What follows a close frame is none of our business (RFC 6455 §1.4).
        return (isClosed ? input.count : index, nil)
    }

    /// Takes what has come so far of a binary message that is under way, for whoever does not wait
    /// for its end; its event holds the rest.
    mutating func takeBinary() -> [UInt8] {
        let isBinary = messageOpcode == 2 || (messageOpcode == 0 && frame?.opcode == 2)
        guard isBinary, !message.isEmpty else { return [] }
        defer { message = [] }
        return message
    }

    private mutating func readHeader(
        _ input: UnsafeRawBufferPointer
    ) throws(WebSocketFault) -> Int {
        var index = 0
        while index < input.count {
            header.append(input[index])
            index += 1
            if header.count <= 2 { try checkStart() }
            guard header.count >= 2 else { continue }
            let short = Int(header[1] & 0x7F)
            let extra = short == 126 ? 2 : short == 127 ? 8 : 0
            let masked = header[1] & 0x80 != 0
            guard header.count == 2 + extra + (masked ? 4 : 0) else { continue }
            var length = short
            if extra > 0 { length = try extendedLength(header[2..<2 + extra]) }
            var mask: UInt32 = 0
            if masked {
                for (place, byte) in header.suffix(4).enumerated() {
                    mask |= UInt32(byte) << (UInt32(place) * 8)
                }
            }
            let opcode = header[0] & 0x0F
            if opcode < 8, message.count + length > maxMessage {
                throw .violation(code: 1009, reason: "message too long")
            }
            frame = Frame(
                isFinal: header[0] & 0x80 != 0, opcode: opcode, length: length, mask: mask)
            header.removeAll(keepingCapacity: true)
            break
        }
        return index
    }

    /// The first two bytes, each as soon as it is here.
    private func checkStart() throws(WebSocketFault) {
        let opcode = header[0] & 0x0F
        if header.count == 1 {
            if header[0] & 0x70 != 0 { throw Self.protocolError("reserved bit") }
            switch opcode {
            case 0 where messageOpcode == 0: throw Self.protocolError("nothing to continue")
            case 1, 2:
                if messageOpcode != 0 { throw Self.protocolError("message inside a message") }
            case 0: break
            case 8, 9, 10:
                if header[0] & 0x80 == 0 { throw Self.protocolError("control frame in parts") }
            default: throw Self.protocolError("reserved opcode")
            }
        } else {
            if opcode >= 8, header[1] & 0x7F > 125 {
                throw Self.protocolError("control frame too long")
            }
            let masked = header[1] & 0x80 != 0
            if masked != (role == .server) { throw Self.protocolError("masking") }
        }
    }

    private func extendedLength(_ bytes: ArraySlice<UInt8>) throws(WebSocketFault) -> Int {
        let length = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let shortest: UInt64 = bytes.count == 2 ? 126 : 1 << 16
        // A length in more bytes than it needs is one thing said two ways.
        guard length >= shortest, length < 1 << 63 else { throw Self.protocolError("length") }
        guard length <= UInt64(maxMessage) else {
            throw .violation(code: 1009, reason: "message too long")
        }
        return Int(length)
    }

    private mutating func readPayload(
        _ input: UnsafeRawBufferPointer
    ) throws(WebSocketFault) -> Int {
        guard var current = frame else { return 0 }
        let count = min(input.count, current.length - current.received)
        guard count > 0 else { return 0 }
        let part = UnsafeRawBufferPointer(rebasing: input[..<count])
        let isControl = current.opcode >= 8
        let valid =
            isControl
            ? Self.append(part, to: &control, current.mask, current.received, nil)
            : (current.opcode == 1 || messageOpcode == 1)
                ? Self.append(part, to: &message, current.mask, current.received, &validator)
                : Self.append(part, to: &message, current.mask, current.received, nil)
        guard valid else { throw .violation(code: 1007, reason: "invalid UTF-8") }
        current.received += count
        frame = current
        return count
    }

    private static func append(
        _ part: UnsafeRawBufferPointer, to bytes: inout [UInt8], _ mask: UInt32, _ offset: Int,
        _ validator: UnsafeMutablePointer<UTF8Validator>?
    ) -> Bool {
        let start = bytes.count
        bytes.append(contentsOf: part)
        return bytes.withUnsafeMutableBufferPointer { bytes in
            let fresh = UnsafeMutableBufferPointer(rebasing: bytes[start...])
            WebSocketMask.apply(mask, to: fresh, offset: offset)
            return validator?.pointee.accepts(UnsafeBufferPointer(fresh)) ?? true
        }
    }

    private mutating func completeFrame() throws(WebSocketFault) -> Event? {
        guard let current = frame, current.received == current.length else { return nil }
        frame = nil
        if current.opcode >= 8 {
            let payload = control
            control.removeAll(keepingCapacity: true)
            switch current.opcode {
            case 9: return .ping(payload)
            case 10: return .pong(payload)
            default: return try close(payload)
            }
        }
        if current.opcode != 0 { messageOpcode = current.opcode }
        guard current.isFinal else { return nil }
        let isText = messageOpcode == 1
        guard !isText || validator.isComplete else {
            throw .violation(code: 1007, reason: "invalid UTF-8")
        }
        let bytes = message
        message = []
        messageOpcode = 0
        validator = UTF8Validator()
        return .message(isText ? .text(String(decoding: bytes, as: UTF8.self)) : .binary(bytes))
    }

    private mutating func close(_ payload: [UInt8]) throws(WebSocketFault) -> Event {
        isClosed = true
        guard !payload.isEmpty else { return .close(code: 1005, reason: "") }
        guard payload.count >= 2 else { throw Self.protocolError("close code") }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard Self.isSendable(code) else { throw Self.protocolError("close code") }
        guard let reason = String(validating: payload[2...], as: UTF8.self) else {
            throw .violation(code: 1007, reason: "invalid UTF-8")
        }
        return .close(code: code, reason: reason)
    }

    /// Codes that a close frame may carry (RFC 6455 §7.4 and the IANA registry).
    package static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    private static func protocolError(_ reason: String) -> WebSocketFault {
        .violation(code: 1002, reason: reason)
    }
}
