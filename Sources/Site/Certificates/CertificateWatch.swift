package import Basics
import Crypto
import Domain
package import Store

/// Says what somebody must do about certificates: download the recovery kit, bring a new certificate
/// of the plant before the old one ends.
package struct CertificateWatch: Service {
    /// What it looks at.
    package struct Readings: Sendable, Equatable {
        package var now: Timestamp
        package var isSetUp: Bool
        /// The first start of the site; `nil`: not known.
        package var began: Timestamp?
        package var kitMadeAt: Timestamp?
        package var devices: Int
        /// When the plant's server certificate ends.
        package var plantEnds: Timestamp?
        /// When the first certificate above the site's authority ends.
        package var issuingEnds: Timestamp?

        package init(
            now: Timestamp, isSetUp: Bool, began: Timestamp?, kitMadeAt: Timestamp?, devices: Int,
            plantEnds: Timestamp? = nil, issuingEnds: Timestamp? = nil
        ) {
            self.now = now
            self.isSetUp = isSetUp
            self.began = began
            self.kitMadeAt = kitMadeAt
            self.devices = devices
            self.plantEnds = plantEnds
            self.issuingEnds = issuingEnds
        }

        /// A day of peace after the first start, unless there is something to lose already.
        package var kit: String? {
            guard isSetUp, kitMadeAt == nil else { return nil }
            guard devices > 0 || (began.map { $0 + .seconds(86_400) < now } ?? true) else {
                return nil
            }
            return "Download the recovery kit and keep it away from this server: without it, a "
                + "server that is lost takes the trust of every device with it."
        }

        package var expiring: String? {
            if let plantEnds, plantEnds < now + SiteAuthority.reserve {
                return plantEnds <= now
                    ? "The plant's server certificate ended on \(plantEnds.rfc3339.prefix(10)): "
                        + "browsers refuse it. Bring a new one, or go back to the site's own."
                    : "The plant's server certificate ends on \(plantEnds.rfc3339.prefix(10)): "
                        + "bring a new one."
            }
            if let issuingEnds, issuingEnds < now + IssuingCertificate.reserve {
                return "What the plant's root gave this site ends on "
                    + "\(issuingEnds.rfc3339.prefix(10)): have the request signed again. Devices "
                    + "go on either way."
            }
            return nil
        }
    }

    private let stores: Stores
    private let authority: SiteAuthority
    private let certificates: DeviceCertificates
    private let keeper: RecoveryKeeper
    private let alarms: any SiteAlarmBoard
    private let log = Log("certificates")

    package init(
        stores: Stores, authority: SiteAuthority, certificates: DeviceCertificates,
        keeper: RecoveryKeeper, alarms: any SiteAlarmBoard
    ) {
        self.stores = stores
        self.authority = authority
        self.certificates = certificates
        self.keeper = keeper
        self.alarms = alarms
    }

    package func run() async throws {
        do throws(RecoveryKeeper.Fault) { try await keeper.prepare() } catch {
            log.error("\(error)")
        }
        while true {
            await look()
            try await Task.sleep(for: .seconds(60))
        }
    }

    package func look() async {
        guard let isSetUp = try? await stores.settings.isSetUp(),
            let madeAt = try? await keeper.downloadedAt()
        else { return }
        let readings = Readings(
            now: .now(), isSetUp: isSetUp, began: await keeper.preparedAt, kitMadeAt: madeAt,
            devices: certificates.count, plantEnds: await authority.plant?.certificate.notAfter,
            issuingEnds: authority.book.issuing?.certificates.map(\.notAfter).min())
        tell(.certificateKit, readings.kit)
        tell(.certificateExpiring, readings.expiring)
    }

    private func tell(_ kind: AlarmKind, _ text: String?) {
        if let text { alarms.raise(kind, text) } else { alarms.clear(kind) }
    }
}
