package import Basics
package import Domain
import Synchronization

/// The zones of this machine's IANA database, each read once.
package final class ZoneBook: Sendable {
    private let directory: String
    private let known = Mutex<[String: ZoneRules]>([:])

    package init(directory: String = "/usr/share/zoneinfo") { self.directory = directory }

    /// `nil` for a zone that the database has not.
    package func rules(of zone: TimeZoneName) -> ZoneRules? {
        if let rules = known.withLock({ $0[zone.text] }) { return rules }
        if zone == .utc { return .utc }
        // A few KB that the kernel has at hand, once a zone.
        let path = "\(directory)/\(zone.text)"
        guard let file = try? Files.read(path, limit: ZoneRules.fileLimit),
            let rules = ZoneRules(tzif: file)
        else { return nil }
        known.withLock { $0[zone.text] = rules }
        return rules
    }

    /// A window in a zone that is known no more never opens.
    package func opening(
        of window: MaintenanceWindow, at moment: Timestamp
    ) -> MaintenanceWindow.Opening? {
        rules(of: window.rule.zone).flatMap { window.rule.opening(at: moment, in: $0) }
    }
}
