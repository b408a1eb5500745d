/// The little of DER (X.690) that our own files need: definite lengths, one-byte tags.
enum DER {
    enum Tag: UInt8 { case integer = 0x02, octets = 0x04, object = 0x06, sequence = 0x30 }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] { encode(.sequence, parts.flatMap { $0 }) }

    static func octets(_ bytes: [UInt8]) -> [UInt8] { encode(.octets, bytes) }

    static func integer(_ number: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = number
        repeat {
            bytes.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        } while rest > 0
        // A set top bit would make it negative.
        return encode(.integer, bytes[0] & 0x80 == 0 ? bytes : [0] + bytes)
    }

    /// - Parameter arcs: at least two.
    static func object(_ arcs: [Int]) -> [UInt8] {
        var bytes = [UInt8(truncatingIfNeeded: arcs[0] * 40 + arcs[1])]
        for arc in arcs.dropFirst(2) {
            var group = [UInt8(arc & 0x7F)]
            var rest = arc >> 7
            while rest > 0 {
                group.insert(UInt8(rest & 0x7F) | 0x80, at: 0)
                rest >>= 7
            }
            bytes += group
        }
        return encode(.object, bytes)
    }

    private static func encode(_ tag: Tag, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        var rest = content.count
        repeat {
            length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
            rest >>= 8
        } while rest > 0
        let head = content.count < 0x80 ? length : [0x80 | UInt8(length.count)] + length
        return [tag.rawValue] + head + content
    }
}

/// Takes apart what `DER` makes, and nothing else: one way to write each length, nothing left over.
struct DERReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) { rest = Array(bytes)[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func content(_ tag: DER.Tag) -> ArraySlice<UInt8>? {
        guard rest.popFirst() == tag.rawValue, let first = rest.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            let count = Int(first & 0x7F)
            guard (1...4).contains(count), rest.count >= count else { return nil }
            length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(count)
            guard length >= 0x80, length >> (8 * (count - 1)) > 0 else { return nil }
        }
        guard length <= rest.count else { return nil }
        defer { rest = rest.dropFirst(length) }
        return rest.prefix(length)
    }

    mutating func sequence() -> DERReader? { content(.sequence).map(DERReader.init) }

    /// Up to 2^31 - 1.
    mutating func integer() -> Int? {
        guard let bytes = content(.integer), (1...4).contains(bytes.count),
            let first = bytes.first, first & 0x80 == 0
        else { return nil }
        return bytes.reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func takes(_ bytes: [UInt8]) -> Bool {
        guard rest.starts(with: bytes) else { return false }
        rest = rest.dropFirst(bytes.count)
        return true
    }
}
