/// What the header fields say about where the message ends and what becomes of the connection.
/// Anything that two readers could understand differently is a fault.
struct FramingFacts {
    var hosts = 0
    var isHostValid = true
    var contentLength: Int64?
    var isChunked = false
    var isClose = false
    var isKeepAlive = false
    var namesUpgrade = false
    var upgrade: Range<Int>?
    var expectsContinue = false

    init(_ headers: Headers) throws(HTTPFault) {
        var facts = Self()
        let fault: HTTPFault? = headers.bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return nil }
            for slot in headers.slots {
                if let fault = facts.take(
                    base + Int(slot.nameStart), Int(slot.nameCount),
                    base + Int(slot.valueStart), slot.value)
                {
                    return fault
                }
            }
            return nil
        }
        if let fault { throw fault }
        if facts.isChunked, facts.contentLength != nil {
            throw .malformed("both a length and a transfer coding")
        }
        self = facts
    }

    private init() {}

    private mutating func take(
        _ name: UnsafePointer<UInt8>, _ nameCount: Int, _ value: UnsafePointer<UInt8>,
        _ range: Range<Int>
    ) -> HTTPFault? {
        func named(_ text: StaticString) -> Bool { ASCII.equalIgnoringCase(name, nameCount, text) }
        let count = range.count
        switch nameCount {
        case 4 where named("host"):
            hosts += 1
            if !Self.isHost(value, count) { isHostValid = false }
        case 6 where named("expect"):
            guard ASCII.equalIgnoringCase(value, count, "100-continue") else {
                return HTTPFault(417, "unknown expectation")
            }
            expectsContinue = true
        case 7 where named("upgrade"):
            guard upgrade == nil else { return .malformed("two upgrades") }
            upgrade = range
        case 10 where named("connection"):
            takeConnection(value, count)
        case 14 where named("content-length"):
            guard contentLength == nil, let length = Self.length(value, count) else {
                return .malformed("content length")
            }
            contentLength = length
        case 17 where named("transfer-encoding"):
            guard !isChunked else { return .malformed("two transfer codings") }
            guard ASCII.equalIgnoringCase(value, count, "chunked") else {
                return HTTPFault(501, "transfer coding other than chunked")
            }
            isChunked = true
        default: break
        }
        return nil
    }

    private mutating func takeConnection(_ value: UnsafePointer<UInt8>, _ count: Int) {
        var start = 0
        while start < count {
            var end = start
            while end < count, value[end] != UInt8(ascii: ",") { end &+= 1 }
            var (first, last) = (start, end)
            while first < last, value[first] == ASCII.space || value[first] == ASCII.tab {
                first &+= 1
            }
            while last > first, value[last - 1] == ASCII.space || value[last - 1] == ASCII.tab {
                last &-= 1
            }
            func member(_ text: StaticString) -> Bool {
                ASCII.equalIgnoringCase(value + first, last - first, text)
            }
            if member("close") {
                isClose = true
            } else if member("keep-alive") {
                isKeepAlive = true
            } else if member("upgrade") {
                namesUpgrade = true
            }
            start = end &+ 1
        }
    }

    /// Digits alone, at most 18 of them: no sign, no list, no overflow.
    private static func length(_ value: UnsafePointer<UInt8>, _ count: Int) -> Int64? {
        guard count > 0, count <= 18 else { return nil }
        var length: Int64 = 0
        for index in 0..<count {
            guard ASCII.isDigit(value[index]) else { return nil }
            length = length &* 10 &+ Int64(value[index] &- 0x30)
        }
        return length
    }

    /// Letters of a name, an address or a port; no user, no path, no list.
    private static func isHost(_ value: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        guard count > 0, count <= 255 else { return false }
        for index in 0..<count {
            switch value[index] {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"),
                UInt8(ascii: "~"):
                continue
            default: return false
            }
        }
        return true
    }
}
