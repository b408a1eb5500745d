import HTTP

/// What must hold for any bytes whatever; run by tests over the corpus and its mutations, and by
/// `appliance/fuzz` over what libFuzzer finds. The first byte says which parser the rest is for.
enum FuzzTarget {
    struct Broken: Error { var rule: String }

    static func run(_ input: [UInt8]) throws {
        guard let kind = input.first else { return }
        let bytes = Array(input.dropFirst())
        switch kind {
        case UInt8(ascii: "Q"): try requests(bytes)
        case UInt8(ascii: "R"): try responses(bytes)
        case UInt8(ascii: "C"): try chunks(bytes)
        case UInt8(ascii: "S"): try frames(bytes, .server)
        case UInt8(ascii: "W"): try frames(bytes, .client)
        case UInt8(ascii: "T"): try texts(bytes)
        default: break
        }
    }

    /// Where to cut, made of the bytes themselves so that a failure repeats.
    private static func cuts(_ bytes: [UInt8]) -> [[Int]] {
        guard bytes.count > 1 else { return [] }
        let sum = bytes.reduce(UInt64(17)) { ($0 &* 31) &+ UInt64($1) }
        let middle = Int(sum % UInt64(bytes.count - 1)) + 1
        let every = bytes.count <= 4096 ? [Array(1..<bytes.count)] : []
        return [[middle]] + every
    }

    private static func must(_ holds: Bool, _ rule: String) throws {
        if !holds { throw Broken(rule: rule) }
    }

    /// The bytes in pieces, each as often as `take` leaves something of it; stops on `nil`.
    private static func feed(
        _ bytes: [UInt8], _ cuts: [Int], _ take: (UnsafeRawBufferPointer) throws -> Int?
    ) throws {
        var start = 0
        for end in cuts + [bytes.count] {
            while start < end {
                let count = try bytes[start..<end].withUnsafeBytes { try take($0) }
                guard let count else { return }
                try must(count >= 0 && count <= end - start, "no more is taken than was given")
                start += count
            }
        }
    }

    // MARK: Requests

    struct Message: Equatable {
        var method = ""
        var target = ""
        var headers: [String] = []
        var body: [UInt8] = []
        var isWhole = false
    }

    /// Whole requests in order, and the status of the refusal that ended them.
    static func readRequests(
        _ bytes: [UInt8], cuts: [Int] = []
    ) throws -> (messages: [Message], refusal: Int?) {
        var parser = RequestParser()
        var decoder: BodyDecoder?
        var done: [Message] = []
        var refusal: Int?
        try feed(bytes, cuts) { piece in
            do throws(HTTPFault) {
                if var open = decoder {
                    let count = try open.decode(piece, into: &done[done.count - 1].body)
                    decoder = open.isDone ? nil : open
                    if open.isDone { done[done.count - 1].isWhole = true }
                    return count
                }
                let step = try parser.feed(piece)
                if let head = step.head {
                    let body = BodyDecoder(head.framing)
                    let fields = head.headers.pairs.map { "\($0.name): \($0.value)" }
                    done.append(
                        Message(
                            method: head.method.text, target: head.target.raw, headers: fields,
                            isWhole: body.isDone))
                    decoder = body.isDone ? nil : body
                    try check(head)
                }
                return step.consumed
            } catch {
                refusal = error.status
                return nil
            }
        }
        return (done, refusal)
    }

    /// What we would pass on is read again as what it was.
    private static func check(_ head: RequestHead) throws(HTTPFault) {
        let written = try HeadWriter.request(
            head.method, target: head.target.raw, headers: head.headers, framing: head.framing)
        var parser = RequestParser(limits: wide)
        let step = try parser.feed(written)
        guard let again = step.head, step.consumed == written.count,
            again.method == head.method, again.target == head.target,
            again.framing == head.framing || head.framing == .none
        else { throw HTTPFault(599, "a head that was written anew reads otherwise") }
        _ = (head.target.segments, head.target.queryItems(), Cookie.pairs(head.headers))
    }

    private static var wide: HTTPLimits {
        var limits = HTTPLimits()
        limits.maxHead *= 2
        limits.maxHeaders += 2
        return limits
    }

    private static func requests(_ bytes: [UInt8]) throws {
        let whole = try readRequests(bytes)
        try must(whole.refusal != 599, "a request that is written anew reads the same")
        for cuts in cuts(bytes) {
            let pieces = try readRequests(bytes, cuts: cuts)
            try must(whole.messages == pieces.messages, "requests do not depend on cuts")
            try must(whole.refusal == pieces.refusal, "refusals do not depend on cuts")
        }
    }

    // MARK: The others

    private static func responses(_ bytes: [UInt8]) throws {
        func read(_ cuts: [Int]) throws -> ([ResponseHead], [UInt8], Int?) {
            var parser = ResponseParser(answering: .get)
            var decoder: BodyDecoder?
            var heads: [ResponseHead] = []
            var body: [UInt8] = []
            var refusal: Int?
            try feed(bytes, cuts) { piece in
                do throws(HTTPFault) {
                    if var open = decoder {
                        let count = try open.decode(piece, into: &body)
                        decoder = open.isDone ? nil : open
                        return count
                    }
                    let step = try parser.feed(piece)
                    if let head = step.head {
                        heads.append(head)
                        let next = BodyDecoder(head.framing)
                        decoder = next.isDone ? nil : next
                        _ = try HeadWriter.response(
                            head.status, headers: head.headers, framing: head.framing)
                    }
                    return step.consumed
                } catch {
                    refusal = error.status
                    return nil
                }
            }
            return (heads, body, refusal)
        }
        let whole = try read([])
        try must(whole.2 != 500, "an answer that was read can be written")
        for cuts in cuts(bytes) {
            try must(whole == (try read(cuts)), "answers do not depend on cuts")
        }
    }

    private static func chunks(_ bytes: [UInt8]) throws {
        func read(_ bytes: [UInt8], _ cuts: [Int]) throws -> ([UInt8], Bool, Int?) {
            var decoder = ChunkedDecoder()
            var body: [UInt8] = []
            var refusal: Int?
            try feed(bytes, cuts) { piece in
                guard !decoder.isDone else { return nil }
                do throws(HTTPFault) { return try decoder.decode(piece, into: &body) } catch {
                    refusal = error.status
                    return nil
                }
            }
            return (body, decoder.isDone, refusal)
        }
        let whole = try read(bytes, [])
        for cuts in cuts(bytes) {
            try must(whole == (try read(bytes, cuts)), "chunks do not depend on cuts")
        }
        guard whole.1, !whole.0.isEmpty else { return }
        let again = try read(ChunkedEncoder.chunk(whole.0) + ChunkedEncoder.last, [])
        try must(again == (whole.0, true, nil), "chunks that are written anew read the same")
    }

    private static func frames(_ bytes: [UInt8], _ role: WebSocketFrameDecoder.Role) throws {
        func read(_ cuts: [Int]) throws -> ([WebSocketFrameDecoder.Event], WebSocketFault?) {
            var decoder = WebSocketFrameDecoder(role: role, maxMessage: 1 << 16)
            var events: [WebSocketFrameDecoder.Event] = []
            var fault: WebSocketFault?
            try feed(bytes, cuts) { piece in
                do throws(WebSocketFault) {
                    let (count, event) = try decoder.decode(piece)
                    if let event { events.append(event) }
                    return count
                } catch {
                    fault = error
                    return nil
                }
            }
            return (events, fault)
        }
        let whole = try read([])
        for cuts in cuts(bytes) {
            let pieces = try read(cuts)
            // Bad text is noticed at its first byte, which may come before the frame's other faults.
            try must(whole == pieces, "frames do not depend on cuts")
        }
    }

    private static func texts(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        if let target = try? RequestTarget(text) {
            try must(!target.segments.contains { $0 == "." || $0 == ".." }, "no dot segments")
            try must(!target.path.isEmpty, "a path")
        }
        if case .partial(let range) = Preconditions.range(text, size: 1000) {
            try must(range.lowerBound >= 0 && range.upperBound <= 1000, "a range inside the file")
            try must(!range.isEmpty, "a range of something")
        }
        var headers: Headers = [Header.cookie: text]
        Cookie.remove(from: &headers) { $0.hasPrefix("__Host-lineside") }
        try must(
            !Cookie.pairs(headers).contains { $0.name.hasPrefix("__Host-lineside") },
            "none of our cookies is left")
    }
}

extension RequestParser {
    fileprivate mutating func feed(_ bytes: [UInt8]) throws(HTTPFault) -> Step {
        try bytes.span.withUnsafeBytes { (bytes) throws(HTTPFault) in try feed(bytes) }
    }
}
