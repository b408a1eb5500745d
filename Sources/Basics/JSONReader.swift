/// Why bytes are not the JSON that we take.
package struct JSONError: Error, Sendable, Equatable {
    package enum Reason: String, Sendable {
        case tooLarge = "is larger than allowed"
        case tooDeep = "is nested too deeply"
        case notUTF8 = "is not valid UTF-8"
        case duplicateKey = "names the same key twice"
        case unexpected = "has an unexpected character"
        case unfinished = "ends too early"
    }
    package let reason: Reason
    /// Bytes before the fault.
    package let offset: Int
}

/// A strict reader of JSON (RFC 8259): bounded in size and depth, keys unique, UTF-8 checked,
/// nothing after the value. The bounds are for strangers' bytes; flows of our own may be larger.
package struct JSONReader: ~Copyable {
    /// 64: deeper than any flow or API body; a hostile body must not use up the stack.
    package static let maximumDepth = 64

    private let bytes: [UInt8]
    private var index = 0
    private var valuesLeft: Int

    /// - Parameters:
    ///   - limit: bytes; the default fits every API body but flows.
    ///   - values: how many it may hold, all levels together. Each takes some tens of bytes of
    ///     memory where two of text can name it.
    package static func read(
        _ bytes: [UInt8], limit: Int = 1 << 20, values: Int = .max
    ) throws(JSONError) -> JSONValue {
        guard bytes.count <= limit else { throw JSONError(reason: .tooLarge, offset: limit) }
        var reader = JSONReader(bytes, values: values)
        reader.skipSpace()
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.index == bytes.count else { throw reader.error(.unexpected) }
        return value
    }

    private init(_ bytes: [UInt8], values: Int) {
        self.bytes = bytes
        valuesLeft = values
    }

    private func error(_ reason: JSONError.Reason) -> JSONError {
        JSONError(reason: index < bytes.count ? reason : .unfinished, offset: index)
    }

    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func word(_ word: StaticString) throws(JSONError) {
        for position in 0..<word.utf8CodeUnitCount {
            guard take(word.utf8Start[position]) else { throw error(.unexpected) }
        }
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < Self.maximumDepth else { throw error(.tooDeep) }
        guard valuesLeft > 0 else { throw error(.tooLarge) }
        valuesLeft -= 1
        guard index < bytes.count else { throw error(.unfinished) }
        switch bytes[index] {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        index += 1
        var object = JSONObject()
        skipSpace()
        if take(UInt8(ascii: "}")) { return object }
        repeat {
            skipSpace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                throw error(.unexpected)
            }
            let key = try string()
            guard object[key] == nil else { throw error(.duplicateKey) }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw error(.unexpected) }
            skipSpace()
            object[key] = try value(depth: depth + 1)
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw error(.unexpected) }
        return object
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        index += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return elements }
        repeat {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw error(.unexpected) }
        return elements
    }

    private mutating func number() throws(JSONError) -> String {
        let start = index
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
            try digits()
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func digits() throws(JSONError) {
        let start = index
        while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
        guard index > start else { throw error(.unexpected) }
    }

    private mutating func string() throws(JSONError) -> String {
        index += 1
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""),
            bytes[index] != UInt8(ascii: "\\"), bytes[index] >= 0x20
        { index += 1 }
        if take(UInt8(ascii: "\"")) { return try text(bytes[start..<index - 1], at: start) }
        var unescaped = Array(bytes[start..<index])
        while !take(UInt8(ascii: "\"")) {
            guard index < bytes.count, bytes[index] >= 0x20 else { throw error(.unexpected) }
            if take(UInt8(ascii: "\\")) {
                try escape(into: &unescaped)
            } else {
                unescaped.append(bytes[index])
                index += 1
            }
        }
        return try text(unescaped[...], at: start)
    }

    private func text(_ slice: ArraySlice<UInt8>, at offset: Int) throws(JSONError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw JSONError(reason: .notUTF8, offset: offset)
        }
        return text
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        guard index < bytes.count else { throw error(.unfinished) }
        let letter = bytes[index]
        index += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = UInt32(try hex())
            if (0xD800..<0xDC00).contains(code) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
                    throw error(.unexpected)
                }
                let low = UInt32(try hex())
                guard (0xDC00..<0xE000).contains(low) else { throw error(.unexpected) }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error(.unexpected) }
            text.append(contentsOf: String(Character(scalar)).utf8)
        default:
            index -= 1
            throw error(.unexpected)
        }
    }

    private mutating func hex() throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard index < bytes.count, let digit = Hex.value(bytes[index]) else {
                throw error(.unexpected)
            }
            value = value << 4 | UInt16(digit)
            index += 1
        }
        return value
    }
}
