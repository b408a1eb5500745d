import Glibc

/// A moment, in whole milliseconds since 1970, UTC.
package struct Timestamp: Sendable, Hashable, Comparable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// The wall clock. It may be wrong and may jump; never measure a duration with it.
    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(
            milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// 1970 to the end of the year 9999: what may come from outside.
    package static let plausible = 0...Int64(253_402_300_799_999)

    /// Stops at the ends of what an `Int64` holds.
    package static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds.addingClamped(duration.milliseconds))
    }

    package static func - (moment: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds.subtractingClamped(duration.milliseconds))
    }

    package func duration(since earlier: Timestamp) -> Duration {
        .milliseconds(milliseconds.subtractingClamped(earlier.milliseconds))
    }

    /// RFC 3339, UTC, with milliseconds. By hand: `Date.ISO8601FormatStyle` cuts .123 to .122.
    package var rfc3339: String {
        let (days, inDay) = milliseconds.floorDivided(by: 86_400_000)
        let date = Self.civil(days)
        func pad(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
        }
        let clock = [inDay / 3_600_000, inDay / 60_000 % 60, inDay / 1000 % 60]
        let time = clock.map { pad($0, 2) }.joined(separator: ":")
        let day = "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))"
        return "\(day)T\(time).\(pad(inDay % 1000, 3))Z"
    }

    /// Takes any offset and any number of fractional digits, of which three count.
    package init?(rfc3339 text: String) {
        let letters = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= letters.count else { return nil }
            var value: Int64 = 0
            for letter in letters[range] {
                guard (0x30...0x39).contains(letter) else { return nil }
                value = value * 10 + Int64(letter - 0x30)
            }
            return value
        }
        func letter(_ index: Int, _ allowed: StaticString) -> Bool {
            index < letters.count
                && allowed.withUTF8Buffer { $0.contains(letters[index]) }
        }
        guard let year = number(0..<4), letter(4, "-"), let month = number(5..<7), letter(7, "-"),
            let day = number(8..<10), letter(10, "Tt "), let hour = number(11..<13),
            letter(13, ":"), let minute = number(14..<16), letter(16, ":"),
            let second = number(17..<19), (1...12).contains(month), (1...31).contains(day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if letter(index, ".") {
            var scale: Int64 = 100
            index += 1
            guard number(index..<index + 1) != nil else { return nil }
            while let digit = number(index..<index + 1) {
                fraction += digit * scale
                scale /= 10
                index += 1
            }
        }
        var offset: Int64 = 0
        if letter(index, "Zz") {
            index += 1
        } else {
            guard letter(index, "+-"), let hours = number(index + 1..<index + 3),
                letter(index + 3, ":"), let minutes = number(index + 4..<index + 6)
            else { return nil }
            offset = (hours * 60 + minutes) * (letter(index, "-") ? -60_000 : 60_000)
            index += 6
        }
        let days = Self.days(year: year, month: month, day: day)
        guard index == letters.count, Self.civil(days) == (year, month, day) else { return nil }
        milliseconds =
            days * 86_400_000 + (hour * 3600 + minute * 60 + second) * 1000 + fraction - offset
    }

    /// `Sat, 21 Nov 2026 06:30:00 GMT`, the only date format that HTTP writes (RFC 9110 §5.6.7).
    package var httpDate: String {
        let (days, inDay) = milliseconds.floorDivided(by: 86_400_000)
        let date = Self.civil(days)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let weekday = names[Int(days.floorDivided(by: 7).remainder)]
        let month = Self.monthNames[Int(date.month - 1)]
        let clock = [inDay / 3_600_000, inDay / 60_000 % 60, inDay / 1000 % 60]
        let time = clock.map(two).joined(separator: ":")
        return "\(weekday), \(two(date.day)) \(month) \(date.year) \(time) GMT"
    }

    /// Only the preferred format; older ones count as absent.
    package init?(httpDate text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int64(parts[1]),
            let month = Self.monthNames.firstIndex(of: String(parts[2])),
            let year = Int64(parts[3]), (1...9999).contains(year), (1...31).contains(day)
        else { return nil }
        let clock = parts[4].split(separator: ":").compactMap { Int64($0) }
        guard clock.count == 3, clock[0] < 24, clock[1] < 60, clock[2] <= 60,
            clock.allSatisfy({ $0 >= 0 })
        else { return nil }
        let days = Self.days(year: year, month: Int64(month + 1), day: day)
        milliseconds = days * 86_400_000 + (clock[0] * 3600 + clock[1] * 60 + clock[2]) * 1000
    }

    private static let monthNames = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Days since 1970 to year, month, day (Howard Hinnant, "chrono-compatible date algorithms").
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).floorDivided(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let civilMonth = month < 10 ? month + 3 : month - 9
        let year = yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0)
        return (year, civilMonth, dayOfYear - (153 * month + 2) / 5 + 1)
    }

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = year.floorDivided(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero; stops at the ends of an `Int64`.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        return whole.addingClamped(attoseconds / 1_000_000_000_000_000)
    }
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    fileprivate func subtractingClamped(_ other: Int64) -> Int64 {
        let (rest, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : rest
    }

    fileprivate func floorDivided(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
