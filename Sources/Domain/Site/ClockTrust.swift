package import Basics

/// Whether the clock is good enough to remove what is old. A clock that is suddenly many days away
/// from where it should be is in doubt until it has run on from there for a week, or until somebody
/// says that it is right: a wrong year must lose nothing.
package struct ClockTrust: Sendable, Equatable {
    /// 7 days: more than a weekend without power, less than anything is kept.
    package static let tolerance = Duration.seconds(7 * 86_400)

    /// A time that nobody has confirmed yet.
    package struct Doubt: Sendable, Equatable {
        package var last: Timestamp
        /// How long the clock has run on from there.
        package var ran: Duration
    }

    /// Where the clock should be.
    package private(set) var known: Timestamp
    package private(set) var doubt: Doubt?

    package init(known: Timestamp, doubt: Doubt? = nil) {
        self.known = known
        self.doubt = doubt
    }

    /// - Parameter ran: how long the appliance has run since it looked last; zero at its start.
    package mutating func observe(_ now: Timestamp, ran: Duration) {
        known = known + ran
        if Self.fits(now, known) {
            (known, doubt) = (now, nil)
        } else if let former = doubt, Self.fits(now, former.last + ran) {
            doubt = Doubt(last: now, ran: former.ran + ran)
            if former.ran + ran >= Self.tolerance { confirm(now) }
        } else {
            doubt = Doubt(last: now, ran: .zero)
        }
    }

    /// Somebody who can look at a watch has said so, or time has.
    package mutating func confirm(_ now: Timestamp) { (known, doubt) = (now, nil) }

    private static func fits(_ now: Timestamp, _ expected: Timestamp) -> Bool {
        now <= expected + tolerance && expected <= now + tolerance
    }
}

/// As it is kept in the settings.
extension ClockTrust {
    package init?(text: String) {
        let numbers = text.split(separator: " ").compactMap { Int64($0) }
        guard numbers.count == 1 || numbers.count == 3 else { return nil }
        known = Timestamp(milliseconds: numbers[0])
        doubt =
            numbers.count == 1
            ? nil
            : Doubt(
                last: Timestamp(milliseconds: numbers[1]), ran: .milliseconds(numbers[2]))
    }

    package var text: String {
        guard let doubt else { return "\(known.milliseconds)" }
        return "\(known.milliseconds) \(doubt.last.milliseconds) \(doubt.ran.milliseconds)"
    }
}
