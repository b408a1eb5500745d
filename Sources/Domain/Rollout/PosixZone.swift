/// The rule that goes on for ever at the end of a TZif file: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixZone: Sendable, Equatable {
    private enum Day: Sendable, Equatable {
        /// 1 to 365, 29 February never counted.
        case julian(Int64)
        /// 0 to 365.
        case ordinal(Int64)
        /// Week 5: the last.
        case weekday(month: Int64, week: Int64, day: Int64)
    }

    private struct Summer: Sendable, Equatable {
        let offset: Int64
        let begins: Day
        let beginsAt: Int64
        let ends: Day
        let endsAt: Int64
    }

    private let standard: Int64
    private let summer: Summer?

    init?(_ text: [UInt8]) {
        var reader = Reader(text: text)
        guard reader.name(), let standard = reader.offset() else { return nil }
        self.standard = -standard
        if reader.isAtEnd {
            summer = nil
            return
        }
        guard reader.name() else { return nil }
        var offset = -standard + 3600
        if let next = reader.peek, next != UInt8(ascii: ",") {
            guard let own = reader.offset() else { return nil }
            offset = -own
        }
        guard reader.take(","), let begins = reader.day(), let beginsAt = reader.time(),
            reader.take(","), let ends = reader.day(), let endsAt = reader.time(), reader.isAtEnd
        else { return nil }
        summer = Summer(
            offset: offset, begins: begins, beginsAt: beginsAt, ends: ends, endsAt: endsAt)
    }

    func offset(at moment: Int64) -> Int64 {
        guard let summer else { return standard }
        let year = CivilDay(number: CivilDay.floor(moment + standard, 86_400).quotient).year
        let begin =
            Self.number(summer.begins, year) * 86_400 + summer.beginsAt - standard
        let end = Self.number(summer.ends, year) * 86_400 + summer.endsAt - summer.offset
        let isSummer =
            begin < end ? (begin..<end).contains(moment) : !(end..<begin).contains(moment)
        return isSummer ? summer.offset : standard
    }

    /// Of days since 1970.
    private static func number(_ day: Day, _ year: Int64) -> Int64 {
        let newYear = CivilDay(year: year, month: 1, day: 1).number
        switch day {
        case .ordinal(let day): return newYear + day
        case .julian(let day):
            return newYear + day - 1 + (CivilDay.isLeap(year) && day >= 60 ? 1 : 0)
        case .weekday(let month, let week, let weekday):
            let first = CivilDay(year: year, month: month, day: 1)
            var number =
                first.number + (weekday - Int64(first.weekday) + 7) % 7 + (week - 1) * 7
            let next =
                month == 12
                ? CivilDay(year: year + 1, month: 1, day: 1)
                : CivilDay(year: year, month: month + 1, day: 1)
            while number >= next.number { number -= 7 }
            return number
        }
    }

    private struct Reader {
        let text: [UInt8]
        var index = 0

        var isAtEnd: Bool { index == text.count }
        var peek: UInt8? { index < text.count ? text[index] : nil }

        mutating func take(_ letter: Unicode.Scalar) -> Bool {
            guard peek == UInt8(ascii: letter) else { return false }
            index += 1
            return true
        }

        mutating func name() -> Bool {
            let start = index
            if take("<") {
                while let next = peek, next != UInt8(ascii: ">") {
                    _ = next
                    index += 1
                }
                return take(">") && index > start + 2
            }
            while let next = peek, (0x41...0x5A).contains(next) || (0x61...0x7A).contains(next) {
                index += 1
            }
            return index - start >= 3
        }

        mutating func number(upTo limit: Int64) -> Int64? {
            var value: Int64 = 0
            let start = index
            while let next = peek, (0x30...0x39).contains(next), index < start + 4 {
                value = value * 10 + Int64(next - 0x30)
                index += 1
            }
            return index > start && value <= limit ? value : nil
        }

        /// `[+-]hh[:mm[:ss]]`, in seconds.
        mutating func offset() -> Int64? {
            let sign: Int64 = take("-") ? -1 : 1
            if sign == 1 { _ = take("+") }
            // 167: RFC 8536 §3.3.1 lets the time of a change be that many hours off.
            guard var seconds = number(upTo: 167).map({ $0 * 3600 }) else { return nil }
            if take(":") {
                guard let minutes = number(upTo: 59) else { return nil }
                seconds += minutes * 60
                if take(":") {
                    guard let rest = number(upTo: 59) else { return nil }
                    seconds += rest
                }
            }
            return sign * seconds
        }

        mutating func day() -> Day? {
            if take("J") {
                guard let day = number(upTo: 365), day > 0 else { return nil }
                return .julian(day)
            }
            guard take("M") else { return number(upTo: 365).map(Day.ordinal) }
            guard let month = number(upTo: 12), month > 0, take("."),
                let week = number(upTo: 5), week > 0, take("."), let day = number(upTo: 6)
            else { return nil }
            return .weekday(month: month, week: week, day: day)
        }

        /// After the day; 02:00 where none stands.
        mutating func time() -> Int64? { take("/") ? offset() : 7200 }
    }
}
