import Basics
import Domain
import Net
import Site
import Store

/// The site's broker and all that knows of it.
struct SiteBroker: Sendable {
    let link = BrokerLink()
    let entrance: BrokerEntrance
    let access: BrokerAccess
    let users: BrokerUsers
    let service: BrokerService

    init(
        _ configuration: Configuration, _ paths: StatePaths, stores: Stores,
        authority: SiteAuthority, entrance: BrokerEntrance, alarms: any SiteAlarmBoard,
        loops: EventLoopGroup, bus: EventBus
    ) {
        let files = BrokerFiles(paths.broker)
        access = BrokerAccess(files: files, link: link)
        users = BrokerUsers(stores: stores, access: access)
        self.entrance = entrance
        service = BrokerService(
            BrokerService.Parts(
                files: files,
                settings: Self.settings(configuration, certificate: authority.shownFile),
                stores: stores,
                users: users, access: access, link: link, entrance: entrance, alarms: alarms,
                loops: loops, changed: { bus.publish("broker") { Array("{}".utf8) } }))
    }

    private static func settings(
        _ configuration: Configuration, certificate: String
    ) -> BrokerSettings {
        let broker = configuration.broker
        func filled(_ text: String) -> String? { text.isEmpty ? nil : text }
        var settings = BrokerSettings(
            isEnabled: broker.enabled, addresses: configuration.listen.addresses,
            port: configuration.listen.broker,
            certificate: certificate, key: certificate,
            stopsOnExit: configuration.instances.stopOnExit)
        settings.plain = broker.plain.compactMap { text in
            Configuration.addressAndPort(text).map {
                BrokerConfiguration.Listener(address: $0.address, port: $0.port, isPlain: true)
            }
        }
        if let host = filled(broker.externalHost) {
            settings.external = BrokerSettings.External(
                host: host, port: UInt16(clamping: broker.externalPort),
                user: filled(broker.externalUser),
                passwordFile: filled(broker.externalPasswordFile),
                authority: filled(broker.externalAuthority))
        }
        return settings
    }
}
