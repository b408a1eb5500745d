import Basics
import Crypto
import Domain
import Site
import Store

/// What the resources of devices work on: who knows what they said, who hears of changes, and who
/// lets them in.
struct DeviceWorkings: Sendable {
    let parts: Devices
    let reports: any DeviceReports
    let observer: any DeviceObserver
    let documents: any DesiredDocuments
    let desk: EnrolmentDesk
    let stock: StockEnrolment
    let strangers: StrangerJournal
    let revocations: RevocationKeeper
    /// PEM of whom devices trust.
    let authorities: @Sendable () -> String

    /// 8: a machine with a bridge for each container has dozens, and a bundle holds 1 KiB.
    private static let mostAddresses = 8

    init(
        _ paths: StatePaths, _ configuration: Configuration, _ foundations: Foundations,
        certificates: any DeviceSigner, port: Int, parts: Devices, bus: EventBus,
        observer: any DeviceObserver, alarms: any DeviceAlarmBoard
    ) throws(CommandFailure) {
        let key: SigningKey
        do throws(KeyFileError) { key = try SigningKey.load(file: paths.enrolmentKey) } catch {
            throw CommandFailure("\(error)")
        }
        let book = foundations.authority.book
        let names = configuration.names
        let listening = configuration.listen.addresses
        let authorities: @Sendable () -> String = { book.authorities }
        self.parts = parts
        reports = parts.fleet
        documents = parts.documents
        self.observer = observer
        self.authorities = authorities
        strangers = StrangerJournal(audit: foundations.stores.audit)
        revocations = RevocationKeeper(
            stores: foundations.stores, signer: certificates, observer: observer, alarms: alarms,
            file: paths.revocationReserve)
        desk = EnrolmentDesk(
            stores: foundations.stores, sealer: foundations.sealer, signer: certificates,
            surroundings: EnrolmentDesk.Surroundings(
                // As long as the authority's key stays, this is the same site.
                site: String(Hex.encode(book.spkiSHA256).prefix(20)), key: key,
                authorities: authorities, pin: book.spkiSHA256,
                urls: {
                    Self.urls(
                        .current(extra: names), named: names, listening: listening, port: port)
                },
                changed: { bus.publish("enrolments") { Array("{}".utf8) } }),
            observer: observer, strangers: strangers, revocations: revocations)
        stock = StockEnrolment(
            stores: foundations.stores, sealer: foundations.sealer, observer: observer,
            strangers: strangers)
    }

    /// What the configuration names comes first: it is what the plant wants to be called. Then
    /// addresses: a device need not have a DNS.
    static func urls(
        _ local: LocalNames, named: [String], listening: [String], port: Int
    ) -> [String] {
        // Where it listens on some addresses only, a device that tries others waits for nothing.
        let isEverywhere = listening.contains { $0 == "::" || $0 == "0.0.0.0" }
        let all = (isEverywhere ? local.addresses : listening).filter {
            $0 != "127.0.0.1" && $0 != "::1"
        }
        let addresses = all.isEmpty ? ["127.0.0.1"] : all
        let chosen = addresses.filter(named.contains) + addresses.filter { !named.contains($0) }
        let names = named.filter(local.names.contains)
        return (Array(chosen.prefix(mostAddresses)) + names).map {
            Authority(host: $0, port: port).httpsOrigin
        }
    }
}
