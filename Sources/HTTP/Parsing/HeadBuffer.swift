/// Gathers a head that may come in any number of pieces, and finds its end. A head that comes whole
/// is not copied.
struct HeadBuffer: ~Copyable {
    private let limits: HTTPLimits
    private var pending: [UInt8] = []
    /// Where the search for the next line feed goes on, and where the current line starts.
    private var scanned = 0
    private var lineStart = 0
    private var lines = 0

    init(limits: HTTPLimits) { self.limits = limits }

    /// Bytes of an unfinished head are held.
    var isEmpty: Bool { pending.isEmpty }

    /// - Parameter parse: gets the whole head without leading empty line.
    /// - Returns: how many bytes of `input` belong to the head so far, and what `parse` returned
    ///   once it is whole.
    mutating func feed<Head>(
        _ input: UnsafeRawBufferPointer,
        parse: (UnsafeBufferPointer<UInt8>) throws(HTTPFault) -> Head
    ) throws(HTTPFault) -> (consumed: Int, head: Head?) {
        guard !input.isEmpty else { return (0, nil) }
        if pending.isEmpty {
            let bytes = input.assumingMemoryBound(to: UInt8.self)
            if let end = try findEnd(bytes) {
                let head = UnsafeBufferPointer(rebasing: bytes[skip(bytes)..<end])
                reset()
                return (end, try parse(head))
            }
            pending.append(contentsOf: input)
            return (input.count, nil)
        }
        let held = pending.count
        // No more than the limit is ever held; findEnd refuses what is longer.
        pending.append(contentsOf: input.prefix(limits.maxHead + 1 - held))
        let bytes = pending
        let outcome: Result<(Int, Head?), HTTPFault> = bytes.withUnsafeBufferPointer { bytes in
            do throws(HTTPFault) {
                guard let end = try findEnd(bytes) else { return .success((bytes.count, nil)) }
                let head = UnsafeBufferPointer(rebasing: bytes[skip(bytes)..<end])
                return .success((end, try parse(head)))
            } catch { return .failure(error) }
        }
        let (end, head) = try outcome.get()
        if head != nil { reset() }
        return (end - held, head)
    }

    private mutating func reset() {
        pending.removeAll(keepingCapacity: pending.capacity <= limits.maxHead)
        (scanned, lineStart, lines) = (0, 0, 0)
    }

    /// One empty line in front of a request is allowed (RFC 9112 §2.2).
    private func skip(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        bytes[0] == ASCII.carriageReturn ? 2 : 0
    }

    /// Behind the empty line, if it is there. Refuses at once what cannot become a head, so that
    /// nobody waits for a time-out to learn it.
    private mutating func findEnd(
        _ bytes: UnsafeBufferPointer<UInt8>
    ) throws(HTTPFault) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        let count = min(bytes.count, limits.maxHead + 1)
        while scanned < count {
            // The first byte that is wrong decides, wherever the pieces end: so the first line is
            // not looked at past its limit. 64: what stands around the target.
            let end = lines == 0 ? min(count, lineStart + limits.maxTarget + 64) : count
            var index = ASCII.skipPlain(base, scanned, end)
            while index < end, base[index] >= 0x80 || base[index] == ASCII.tab {
                index = ASCII.skipPlain(base, index &+ 1, end)
            }
            scanned = index
            guard index < end else {
                if end < count { throw HTTPFault(414, "target too long") }
                break
            }
            guard base[index] == ASCII.carriageReturn else {
                throw .malformed("control character in the head")
            }
            guard index &+ 1 < count else { break }
            guard base[index &+ 1] == ASCII.lineFeed else {
                throw .malformed("carriage return without line feed")
            }
            let isEmptyLine = index == lineStart
            scanned = index &+ 2
            lineStart = scanned
            if isEmptyLine, lines > 0 || index > 0 {
                guard lines > 0 else { throw .malformed("empty lines in front of the request") }
                guard scanned <= limits.maxHead else { throw tooLong }
                return scanned
            }
            if !isEmptyLine { lines += 1 }
        }
        if count > limits.maxHead { throw tooLong }
        guard base[0] == ASCII.carriageReturn || ASCII.isToken(base[0]) else {
            throw .malformed("not HTTP")
        }
        return nil
    }

    private var tooLong: HTTPFault {
        lines == 0 ? HTTPFault(414, "target too long") : HTTPFault(431, "head too long")
    }
}
