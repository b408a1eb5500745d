import Basics

/// What a stock agent sends through its tunnel: JSON, in which the body of an answer is a list of
/// decimal numbers, 3.7 characters for each byte. That list is read apart, or an editor's script
/// would become a million values. Pure.
enum StockFrame: Sendable, Equatable {
    case answer(id: Int64, status: Int, headers: [(String, String)], body: [UInt8])
    case socketText(id: Int64, String)
    case socketClosed(id: Int64)

    /// As `JSON.stringify` writes a Buffer.
    private static let marker = Array(#""body":{"type":"Buffer","data":["#.utf8)
    /// Without its body.
    private static let headLimit = 1 << 20

    /// `nil` for what is none of them.
    init?(_ text: [UInt8]) {
        var (head, body) = (text, [UInt8]())
        if let start = Self.find(text) {
            guard let (bytes, end) = Self.numbers(text, from: start) else { return nil }
            head = Array(text[..<start]) + text[end...]
            body = bytes
        }
        guard let json = try? JSONReader.read(head, limit: Self.headLimit),
            let id = json["id"]?.int
        else { return nil }
        if json["ws"]?.bool == true {
            if json["closed"]?.bool == true {
                self = .socketClosed(id: id)
            } else {
                guard let text = json["body"]?.string else { return nil }
                self = .socketText(id: id, text)
            }
            return
        }
        guard let status = json["status"]?.int, (200...599).contains(status) else { return nil }
        if let text = json["body"]?.string { body = Array(text.utf8) }
        var headers: [(String, String)] = []
        for (name, value) in json["headers"]?.object?.members ?? [] {
            switch value {
            case .string(let text): headers.append((name, text))
            case .number(let digits): headers.append((name, digits))
            case .array(let several):
                headers += several.compactMap { each in each.string.map { (name, $0) } }
            default: break
            }
        }
        self = .answer(id: id, status: Int(status), headers: headers, body: body)
    }

    /// Behind the marker, where that stands in the outermost object and in no text.
    private static func find(_ text: [UInt8]) -> Int? {
        var depth = 0
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                if depth == 1, text[index...].starts(with: marker) { return index + marker.count }
                index += 1
                while index < text.count, text[index] != UInt8(ascii: "\"") {
                    index += text[index] == UInt8(ascii: "\\") ? 2 : 1
                }
            default: break
            }
            index += 1
        }
        return nil
    }

    /// - Returns: the bytes, and where the list ends.
    private static func numbers(_ text: [UInt8], from start: Int) -> ([UInt8], Int)? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity((text.count - start) / 4)
        var index = start
        var value = -1
        while index < text.count {
            switch text[index] {
            case 0x30...0x39:
                value = max(value, 0) * 10 + Int(text[index] - 0x30)
                guard value <= 255 else { return nil }
            case UInt8(ascii: ","):
                guard value >= 0 else { return nil }
                bytes.append(UInt8(value))
                value = -1
            case UInt8(ascii: "]"):
                if value >= 0 {
                    bytes.append(UInt8(value))
                } else if !bytes.isEmpty {
                    return nil
                }
                return (bytes, index)
            default: return nil
            }
            index += 1
        }
        return nil
    }

    static func == (left: StockFrame, right: StockFrame) -> Bool {
        switch (left, right) {
        case (.answer(let a, let b, let c, let d), .answer(let e, let f, let g, let h)):
            a == e && b == f && d == h && c.elementsEqual(g) { $0 == $1 }
        case (.socketText(let a, let b), .socketText(let c, let d)): a == c && b == d
        case (.socketClosed(let a), .socketClosed(let b)): a == b
        default: false
        }
    }

    // MARK: What we send

    /// - Parameter body: text; what is none cannot be carried.
    static func request(
        id: Int64, method: String, url: String, headers: [(String, String)], body: String?
    ) -> String {
        var json = JSONWriter()
        json.object { json in
            json.field("id", id)
            json.field("method", method)
            json.field("url", url)
            json.field(
                "headers", JSONValue.object(JSONObject(headers.map { ($0.0, .string($0.1)) })))
            if let body {
                // The agent takes a body that begins like a JSON text for one, and unwraps it.
                let wrapped = String(decoding: JSONValue.string(body).json, as: UTF8.self)
                json.field("body", body.hasPrefix("\"") ? wrapped : body)
            }
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    static func socketOpen(id: Int64, url: String) -> String {
        text([("id", .number("\(id)")), ("ws", .bool(true)), ("url", .string(url))])
    }

    static func socketSend(id: Int64, _ body: String) -> String {
        text([("id", .number("\(id)")), ("ws", .bool(true)), ("body", .string(body))])
    }

    static func socketClose(id: Int64) -> String {
        text([("id", .number("\(id)")), ("ws", .bool(true)), ("closed", .bool(true))])
    }

    private static func text(_ members: [(key: String, value: JSONValue)]) -> String {
        String(decoding: JSONValue.object(JSONObject(members)).json, as: UTF8.self)
    }
}
