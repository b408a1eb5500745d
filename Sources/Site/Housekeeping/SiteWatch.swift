package import Basics
import Crypto
package import Domain
import Glibc

/// Looks every minute at what all instances share, and raises an alarm before it runs out: space on
/// the disk of the state directory, and the server certificate. What a start found damaged is told
/// until the next one.
package struct SiteWatch: Service {
    /// What it looks at.
    package struct Readings: Sendable, Equatable {
        package var free: ByteCount
        package var total: ByteCount
        package var certificateEnds: Timestamp
        package var now: Timestamp
        package var logsWereDamaged: Bool
        /// Where the clock should be, while it is in doubt.
        package var expected: Timestamp?

        package init(
            free: ByteCount, total: ByteCount, certificateEnds: Timestamp, now: Timestamp,
            logsWereDamaged: Bool = false, expected: Timestamp? = nil
        ) {
            self.expected = expected
            self.free = free
            self.total = total
            self.certificateEnds = certificateEnds
            self.now = now
            self.logsWereDamaged = logsWereDamaged
        }

        /// Kinds with their sentences; `nil` where all is well.
        package var findings: [(kind: AlarmKind, text: String?)] {
            [
                (.siteDisk, disk), (.siteCertificate, certificate), (.siteClock, clock),
                (.siteDatabase, logs),
            ]
        }

        private var logs: String? {
            guard logsWereDamaged else { return nil }
            return
                "The database of the logs was damaged, so it was put aside as logs.db.damaged and "
                + "the logs begin anew: look at the disk's health, and remove the file when "
                + "nobody needs it."
        }

        /// 1 GB or a twentieth, whichever is less: a deploy needs megabytes, but logs, databases
        /// and the vault grow while nobody looks.
        private var disk: String? {
            guard free.bytes < min(1 << 30, total.bytes / 20) else { return nil }
            return "Only \(free.bytes >> 20) MB of the disk are free: remove what is not needed, "
                + "or deploys will be refused."
        }

        private var certificate: String? {
            guard certificateEnds < now + .seconds(14 * 86_400) else { return nil }
            return "The server certificate ends on \(certificateEnds.rfc3339.prefix(10)) and was "
                + "not renewed: look at the log of the appliance."
        }

        private var clock: String? {
            guard now >= SiteAuthority.earliest else { return wrongClock }
            return expected.map { expected in
                "The clock of the server says \(now.rfc3339.prefix(10)), where "
                    + "\(expected.rfc3339.prefix(10)) was expected: set it, or confirm that it is "
                    + "right. Until then, or until it has run on for a week, nothing is removed "
                    + "for its age."
            }
        }

        private var wrongClock: String {
            "The clock of the server says \(now.rfc3339.prefix(10)): set it, and let a time "
                + "service keep it right."
        }
    }

    private let directory: String
    private let authority: SiteAuthority
    private let alarms: any SiteAlarmBoard
    private let logsWereDamaged: Bool
    private let time: SteadyTime

    /// - Parameters:
    ///   - directory: of the state.
    ///   - logsWereDamaged: when they were opened at this start.
    package init(
        directory: String, authority: SiteAuthority, alarms: any SiteAlarmBoard,
        logsWereDamaged: Bool, time: SteadyTime
    ) {
        self.time = time
        self.logsWereDamaged = logsWereDamaged
        self.directory = directory
        self.authority = authority
        self.alarms = alarms
    }

    package func run() async throws {
        while true {
            await look()
            try await Task.sleep(for: .seconds(60))
        }
    }

    package func look() async {
        guard let space = Self.space(of: directory) else { return }
        let readings = Readings(
            free: space.free, total: space.total,
            certificateEnds: await authority.server.notAfter, now: .now(),
            logsWereDamaged: logsWereDamaged, expected: await expected())
        for (kind, text) in readings.findings {
            if let text { alarms.raise(kind, text) } else { alarms.clear(kind) }
        }
    }

    private func expected() async -> Timestamp? {
        guard let trust = try? await time.look(), trust.doubt != nil else { return nil }
        return trust.known
    }

    /// What the appliance itself may still use; `nil` where the directory is gone.
    package static func space(of directory: String) -> (free: ByteCount, total: ByteCount)? {
        var information = statvfs()
        guard statvfs(directory, &information) == 0 else { return nil }
        let block = Int(information.f_frsize)
        return (
            ByteCount(Int(information.f_bavail) * block),
            ByteCount(Int(information.f_blocks) * block)
        )
    }
}
