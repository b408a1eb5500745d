import HTTP

/// Drives the parsers the way a connection does.
enum Parsing {
    /// The first request and what follows it; `nil` if it is not whole.
    static func request(
        _ text: String, piece: Int = .max
    ) throws -> (RequestHead, String)? {
        var parser = RequestParser()
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            let end = piece == .max ? bytes.count : min(bytes.count, index + piece)
            let step = try bytes[index..<end].withUnsafeBytes { try parser.feed($0) }
            index += step.consumed
            if let head = step.head {
                return (head, String(decoding: bytes[index...], as: UTF8.self))
            }
        }
        return nil
    }

    static func refusal(_ text: String, piece: Int = .max) -> HTTPFault? {
        refusal(Array(text.utf8), piece: piece)
    }

    /// The fault of the first request; `nil` if it is taken or not whole.
    static func refusal(_ bytes: [UInt8], piece: Int = .max) -> HTTPFault? {
        var parser = RequestParser()
        var index = 0
        while index < bytes.count {
            let end = piece == .max ? bytes.count : min(bytes.count, index + piece)
            do {
                let step = try bytes[index..<end].withUnsafeBytes { try parser.feed($0) }
                index += step.consumed
                if step.head != nil { return nil }
            } catch { return error as? HTTPFault }
        }
        return nil
    }

    /// All requests with their bodies, out of bytes cut at the given places.
    static func requests(_ text: String, cuts: [Int]) throws -> [(RequestHead, String)] {
        let bytes = Array(text.utf8)
        var parser = RequestParser()
        var done: [(RequestHead, String)] = []
        var current: (head: RequestHead, decoder: BodyDecoder, body: [UInt8])?
        var start = 0
        for end in cuts + [bytes.count] {
            while true {
                if var open = current, open.decoder.isDone {
                    done.append((open.head, String(decoding: open.body, as: UTF8.self)))
                    open.body = []
                    current = nil
                }
                guard start < end else { break }
                let piece = bytes[start..<end]
                if var open = current {
                    start += try piece.withUnsafeBytes {
                        try open.decoder.decode($0, into: &open.body)
                    }
                    current = open
                } else {
                    let step = try piece.withUnsafeBytes { try parser.feed($0) }
                    start += step.consumed
                    if let head = step.head { current = (head, BodyDecoder(head.framing), []) }
                }
            }
        }
        return done
    }
}
