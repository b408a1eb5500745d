package import Basics

/// What the clocks of a zone show at any moment, from a file of the IANA database (TZif, RFC 8536).
/// Read by ourselves: the C library knows one zone a process.
package struct ZoneRules: Sendable, Equatable {
    package static let utc = ZoneRules(transitions: [], first: 0, tail: nil)

    private struct Change: Sendable, Equatable {
        let at: Int64
        let offset: Int64
    }

    private let transitions: [Change]
    /// Before the first change.
    private let first: Int64
    /// After the last change.
    private let tail: PosixZone?

    private init(transitions: [Change], first: Int64, tail: PosixZone?) {
        self.transitions = transitions
        self.first = first
        self.tail = tail
    }

    /// 64 KiB: the largest file of the database has 4.
    package static let fileLimit = ByteCount(65_536)

    /// - Parameter file: a whole TZif file; `nil` for anything else.
    package init?(tzif file: [UInt8]) {
        guard var header = Header(file, at: 0) else { return nil }
        var wide = false
        var start = 0
        if header.version >= 2 {
            start = header.end(from: 0, wide: false)
            guard let second = Header(file, at: start) else { return nil }
            header = second
            wide = true
        }
        let end = header.end(from: start, wide: wide)
        guard end <= file.count, header.types > 0 else { return nil }
        let size = wide ? 8 : 4
        var at = start + Header.size
        let times = at
        at += header.times * size
        let indices = at
        at += header.times
        let kinds = at
        func offset(_ kind: Int) -> Int64? {
            guard kind < header.types else { return nil }
            let value = Int64(Self.number(file, kinds + kind * 6, 4))
            // 26 hours: RFC 8536, with room to spare.
            return abs(value) <= 93_600 ? value : nil
        }
        var changes: [Change] = []
        for number in 0..<header.times {
            let moment = Self.number(file, times + number * size, size)
            guard let offset = offset(Int(file[indices + number])),
                changes.last.map({ $0.at < moment }) ?? true
            else { return nil }
            changes.append(Change(at: moment, offset: offset))
        }
        guard let first = offset(0) else { return nil }
        var tail: PosixZone?
        if wide, end < file.count, file[end] == UInt8(ascii: "\n") {
            let rest = file[(end + 1)...].prefix { $0 != UInt8(ascii: "\n") }
            if !rest.isEmpty {
                guard let zone = PosixZone(Array(rest)) else { return nil }
                tail = zone
            }
        }
        self.init(transitions: changes, first: first, tail: tail)
    }

    /// Seconds east of Greenwich.
    /// - Parameter moment: seconds since 1970, UTC.
    func offset(at moment: Int64) -> Int64 {
        guard let last = transitions.last else { return tail?.offset(at: moment) ?? first }
        if moment >= last.at { return tail?.offset(at: moment) ?? last.offset }
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].at <= moment { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? first : transitions[low - 1].offset
    }

    /// When clocks on the wall show `local` (seconds since 1970 as if the zone were UTC). What they
    /// show twice counts the first time; what they leap over is the moment of the leap.
    func moment(ofLocal local: Int64) -> Int64 {
        // A day: two changes never lie closer together in any zone that keeps clocks.
        let offsets = [offset(at: local - 86_400), offset(at: local + 86_400)]
        let found = offsets.map { local - $0 }.filter { offset(at: $0) == local - $0 }
        if let moment = found.min() { return moment }
        let after = offset(at: local - (offsets.min() ?? 0))
        var (low, high) = (local - (offsets.max() ?? 0), local - (offsets.min() ?? 0))
        while low < high {
            let middle = low + (high - low) / 2
            if offset(at: middle) == after { high = middle } else { low = middle + 1 }
        }
        return high
    }

    /// Big-endian, with its sign.
    private static func number(_ file: [UInt8], _ start: Int, _ size: Int) -> Int64 {
        var value: UInt64 = file[start] & 0x80 != 0 && size < 8 ? .max : 0
        for byte in file[start..<start + size] { value = value << 8 | UInt64(byte) }
        return Int64(bitPattern: value)
    }

    private struct Header {
        static let size = 44
        let version: Int
        let utcFlags: Int
        let standardFlags: Int
        let leaps: Int
        let times: Int
        let types: Int
        let letters: Int

        init?(_ file: [UInt8], at start: Int) {
            guard start >= 0, start <= file.count - Header.size,
                file[start..<start + 4].elementsEqual("TZif".utf8)
            else { return nil }
            let digit = file[start + 4]
            version = digit == 0 ? 1 : Int(digit) - 0x30
            // Counts that no file of the limit can have are no counts.
            let counts = (0..<6).map { ZoneRules.number(file, start + 20 + $0 * 4, 4) }
            guard counts.allSatisfy({ (0...10_000).contains($0) }) else { return nil }
            utcFlags = Int(counts[0])
            standardFlags = Int(counts[1])
            leaps = Int(counts[2])
            times = Int(counts[3])
            types = Int(counts[4])
            letters = Int(counts[5])
        }

        func end(from start: Int, wide: Bool) -> Int {
            let size = wide ? 8 : 4
            return start + Header.size + times * (size + 1) + types * 6 + letters
                + leaps * (size + 4) + standardFlags + utcFlags
        }
    }
}
