/// Reads the fields of one packet. Every read is checked against the packet's end.
struct PacketReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - offset }
    var isAtEnd: Bool { remaining == 0 }

    private mutating func take(_ count: Int) throws(MQTTError) -> UnsafeRawBufferPointer {
        guard count <= remaining else { throw .malformed("a field reaches past the packet") }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    mutating func byte() throws(MQTTError) -> UInt8 { try take(1)[0] }

    mutating func short() throws(MQTTError) -> UInt16 {
        let field = try take(2)
        return UInt16(field[0]) << 8 | UInt16(field[1])
    }

    mutating func long() throws(MQTTError) -> UInt32 {
        let high = UInt32(try short())
        return high << 16 | UInt32(try short())
    }

    mutating func varying() throws(MQTTError) -> UInt32 {
        switch VaryingInteger.read(UnsafeRawBufferPointer(rebasing: bytes[offset...])) {
        case .value(let value, let count):
            offset += count
            return value
        case .incomplete: throw .malformed("a field reaches past the packet")
        case .malformed: throw .malformed("a length is not in its shortest form")
        }
    }

    mutating func packetID() throws(MQTTError) -> UInt16 {
        let id = try short()
        guard id != 0 else { throw .malformed("packet identifier 0") }
        return id
    }

    mutating func binary() throws(MQTTError) -> [UInt8] {
        let count = Int(try short())
        return Array(try take(count))
    }

    mutating func text() throws(MQTTError) -> String {
        let count = Int(try short())
        let field = try take(count)
        guard !field.contains(0), let text = String(validating: field, as: UTF8.self) else {
            throw .malformed("a text is not UTF-8 or holds a zero")
        }
        return text
    }

    mutating func rest() throws(MQTTError) -> [UInt8] { Array(try take(remaining)) }

    mutating func properties(_ place: PropertyKind.Place) throws(MQTTError) -> MQTTProperties {
        let count = Int(try varying())
        guard count <= remaining else { throw .malformed("properties reach past the packet") }
        let end = offset + count
        var result = MQTTProperties()
        var seen: UInt64 = 0
        while offset < end {
            let number = try byte()
            guard let kind = PropertyKind(rawValue: number), kind.isAllowed(in: place) else {
                throw .malformed("property \(number) has no place here")
            }
            let bit: UInt64 = 1 << UInt64(number)
            guard seen & bit == 0 || kind.mayRepeat(in: place) else {
                throw .malformed("property \(number) twice")
            }
            seen |= bit
            result.append(kind, try value(kind))
        }
        guard offset == end else { throw .malformed("a property reaches past the properties") }
        return result
    }

    private mutating func value(_ kind: PropertyKind) throws(MQTTError) -> MQTTProperties.Value {
        switch kind.shape {
        case .flag:
            let value = try byte()
            guard value <= 1 else {
                throw .malformed("property \(kind.rawValue) is neither 0 nor 1")
            }
            return .byte(value)
        case .short: return .short(try short())
        case .positiveShort:
            let value = try short()
            guard value > 0 else { throw .malformed("property \(kind.rawValue) is 0") }
            return .short(value)
        case .long: return .long(try long())
        case .positiveLong:
            let value = try long()
            guard value > 0 else { throw .malformed("property \(kind.rawValue) is 0") }
            return .long(value)
        case .varying:
            let value = try varying()
            guard value > 0 else { throw .malformed("property \(kind.rawValue) is 0") }
            return .varying(value)
        case .text: return .text(try text())
        case .binary: return .binary(try binary())
        case .pair:
            let name = try text()
            return .pair(name, try text())
        }
    }
}

/// MQTT's variable byte integer: 7 bits a byte, at most four bytes, the shortest form only.
package enum VaryingInteger {
    package enum Reading: Equatable {
        case value(UInt32, count: Int)
        case incomplete
        case malformed
    }

    package static let maximum = 268_435_455

    package static func read(_ bytes: UnsafeRawBufferPointer) -> Reading {
        var value: UInt32 = 0
        for index in 0..<4 {
            guard index < bytes.count else { return .incomplete }
            let byte = bytes[index]
            value |= UInt32(byte & 0x7F) << UInt32(7 * index)
            if byte & 0x80 == 0 {
                if byte == 0, index > 0 { return .malformed }
                return .value(value, count: index + 1)
            }
        }
        return .malformed
    }

    package static func write(_ value: Int, into bytes: inout [UInt8]) {
        var rest = value
        repeat {
            let low = UInt8(rest & 0x7F)
            rest >>= 7
            bytes.append(rest > 0 ? low | 0x80 : low)
        } while rest > 0
    }
}
