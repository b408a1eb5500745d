import Basics
import Crypto
import Domain
import LinesideTesting
import MQTT
import Site
import Store
import Testing

/// The fleet and a scripted stock agent with a real Mosquitto and our plugin between them.
@Suite(
    "Fleet over Mosquitto", .timeLimit(.minutes(10)),
    .enabled(
        if: BrokerPluginUnderTest.isPossible, "skipped: mosquitto or mosquitto-dev is not installed"
    ))
struct FleetOverMosquittoTests {
    private static let sealer = Sealer(key: [UInt8](repeating: 7, count: 32))

    private func device(
        _ name: String, _ password: String, _ stores: Stores, _ factory: Factory
    ) async throws -> Device {
        let id = Device.ID.random()
        let draft = DeviceStore.Draft(
            id: id, team: factory.team.id, application: factory.application.id,
            name: try Name(validating: name), agent: .stock,
            secrets: try Self.sealer.newSecrets(for: id))
        let (token, broker) = (
            MachineSecret.hash(of: "ffd_\(password)"), MachineSecret.hash(of: password)
        )
        return try await stores.registry.write {
            (tx: borrowing Transaction) throws(StoreError) -> Device in
            let device = try DeviceStore.insert(draft, by: .site, in: tx)
            try DeviceSecretStore.put(id, tokenHash: token, brokerHash: broker, in: tx)
            return device
        }
    }

    @Test("A stock agent reports, is told, answers and goes, and cannot speak for another")
    func agent() async throws {
        let house = try await BrokerHouse()
        try await house.up()
        let (stores, factory) = (house.factory.stores, house.factory)
        let own = try await device("Press 4", "one", stores, factory)
        let other = try await device("Press 5", "two", stores, factory)
        await BrokerUsers(stores: stores, access: house.access).admitted([own.id, other.id])
        let variables = DeviceEnvironment(devices: stores.devices, sealer: Self.sealer)
        let library = VersionLibrary(
            vault: Vault(directory: house.directory.path), stores: stores, sealer: Self.sealer)
        let content = StockContent(
            stores: stores, library: library, sealer: Self.sealer, variables: variables)
        let bus = EventBus()
        let fleet = Fleet(
            Fleet.Parts(
                stores: stores, bus: bus, link: house.link, content: content,
                documents: AgentDocumentMaker(
                    stores: stores, library: library, content: content, sealer: Self.sealer,
                    variables: variables, manifests: FlowsAsManifest(), editorKey: "key"),
                alarms: AlarmRaiser(stores: stores, bus: bus)))
        let running = Task { try await fleet.run() }
        defer { running.cancel() }
        try await withLimit(waitingFor: "the fleet to listen") {
            while bus.watcherCount == 0 { await Task.yield() }
        }
        let client = house.client(own.brokerName, "one") { $0.version = .v311 }
        try await client.connect()
        let base = "ff/v1/\(own.teamID)/d/\(own.id)"
        try await client.subscribe([MQTTSubscription("\(base)/command", qos: .atMostOnce)])
        func say(_ topic: String, _ text: String) async throws {
            try await client.publish(MQTTMessage(topic, Array(text.utf8), qos: .atMostOnce))
        }
        var told = client.messages.makeAsyncIterator()
        // What it says for another is dropped by the broker.
        let foreign = "ff/v1/\(other.teamID)/d/\(other.id)/status"
        try? await say(foreign, #"{"state":"running"}"#)
        try await say("\(base)/status", #"{"state":"unknown"}"#)
        let update = try #require(await told.next())
        #expect(update.message.text.contains(#""command":"update""#))
        #expect(fleet.book[other.id]?.report == nil)
        #expect(fleet.book[own.id]?.isConnected == true)
        async let done = fleet.send(.restart, to: own.id)
        let command = try #require(await told.next())
        let json = try JSONReader.read(command.message.payload)
        let topic = try #require(json["responseTopic"]?.string)
        let correlation = try #require(json["correlationData"]?.string)
        try await say(
            topic, #"{"correlationData":"\#(correlation)","payload":{"success":true}}"#)
        #expect(try await done["success"]?.bool == true)
        await client.disconnect()
        _ = try await eventually("the device to be known as gone") {
            fleet.book[own.id]?.isConnected == false ? true : nil
        }
        try await house.end()
    }
}
