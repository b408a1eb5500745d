import Basics
import Glibc

/// What waits to be written. Small pieces are gathered in one array, large and static ones stay as
/// they are; the order of bytes is that of `append`, and what has been looked at once is never
/// moved against what follows (TLS asks for a second try with the same bytes).
struct WriteQueue {
    private var pieces: [Output] = []
    private var first = 0
    /// Bytes of `pieces[first]`, or of `tail` if there are no pieces, that are written.
    private var offset = 0
    private var tail: [UInt8] = []
    private(set) var pending = 0
    /// Bytes of memory that are held for the peer; static ones are not.
    private(set) var held = 0

    static let gathered = 4_096
    static let tailLimit = 16_384

    var isEmpty: Bool { pending == 0 }

    /// - Parameter spare: an empty array to gather in, if one is needed.
    mutating func append(_ output: Output, spare: () -> [UInt8]) {
        guard output.count > 0 else { return }
        pending += output.count
        if case .bytes(let bytes) = output {
            held += bytes.count
            if bytes.count <= Self.gathered, tail.count + bytes.count <= Self.tailLimit {
                if tail.isEmpty, tail.capacity == 0 { tail = spare() }
                return tail.append(contentsOf: bytes)
            }
        }
        sealTail()
        pieces.append(output)
    }

    private mutating func sealTail() {
        guard !tail.isEmpty else { return }
        pieces.append(.bytes(tail))
        tail = []
    }

    /// The array that was gathered in, once all is written; for others to use.
    mutating func takeDrainedTail() -> [UInt8]? {
        guard pending == 0, tail.capacity > 0 else { return nil }
        defer { tail = [] }
        return tail
    }

    mutating func consume(_ count: Int) {
        pending -= count
        var left = count
        while left > 0, first < pieces.count {
            let available = pieces[first].count - offset
            let taken = min(available, left)
            left -= taken
            offset += taken
            if case .bytes = pieces[first] { held -= taken }
            if offset == pieces[first].count {
                pieces[first] = .bytes([])
                first += 1
                offset = 0
            }
        }
        if first == pieces.count, first > 0 {
            pieces.removeAll(keepingCapacity: first < 64)
            first = 0
        } else if first >= 64 {
            pieces.removeFirst(first)
            first = 0
        }
        if left > 0 {
            offset += left
            held -= left
            if offset == tail.count {
                tail.removeAll(keepingCapacity: true)
                offset = 0
            }
        }
    }

    mutating func removeAll() { self = WriteQueue() }

    /// Calls `body` with up to `limit` vectors over the first bytes.
    func withVectors<Result>(
        limit: Int, _ body: (UnsafeMutableBufferPointer<iovec>) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: iovec.self, capacity: limit) { vectors in
            gather(first, offset, vectors, 0, body)
        }
    }

    private func gather<Result>(
        _ index: Int, _ offset: Int, _ vectors: UnsafeMutableBufferPointer<iovec>, _ filled: Int,
        _ body: (UnsafeMutableBufferPointer<iovec>) -> Result
    ) -> Result {
        func add(_ bytes: UnsafeRawBufferPointer) {
            let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(offset))
            vectors[filled] = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: rest.baseAddress), iov_len: rest.count)
        }
        guard filled < vectors.count else { return body(vectors) }
        guard index < pieces.count else {
            guard tail.count > offset else {
                return body(UnsafeMutableBufferPointer(rebasing: vectors[..<filled]))
            }
            return tail.withUnsafeBytes { bytes in
                add(bytes)
                return body(UnsafeMutableBufferPointer(rebasing: vectors[...filled]))
            }
        }
        switch pieces[index] {
        case .bytes(let bytes):
            return bytes.withUnsafeBytes { bytes in
                add(bytes)
                return gather(index + 1, 0, vectors, filled + 1, body)
            }
        case .static(let bytes):
            add(bytes.buffer)
            return gather(index + 1, 0, vectors, filled + 1, body)
        }
    }

    /// Calls `body` with up to 16 KiB of the first bytes: in place if one piece has as many, else
    /// copied together into `scratch`.
    func withRecord<Result>(
        scratch: UnsafeMutableRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        withVectors(limit: 16) { vectors in
            let size = scratch.count
            if let one = vectors.first, one.iov_len >= size || vectors.count == 1 {
                return body(
                    UnsafeRawBufferPointer(start: one.iov_base, count: min(one.iov_len, size)))
            }
            var filled = 0
            for vector in vectors where filled < size {
                let count = min(vector.iov_len, size - filled)
                let piece = UnsafeRawBufferPointer(start: vector.iov_base, count: count)
                UnsafeMutableRawBufferPointer(rebasing: scratch[filled...]).copyMemory(from: piece)
                filled += count
            }
            return body(UnsafeRawBufferPointer(rebasing: scratch[..<filled]))
        }
    }
}
