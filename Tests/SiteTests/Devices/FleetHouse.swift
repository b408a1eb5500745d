import Basics
import Crypto
import Domain
import LinesideTesting
import Site
import Store

/// A fleet over a broker in memory, with a clock that a test moves.
struct FleetHouse {
    let factory: Factory
    let bus = EventBus()
    let link: MemoryFleetLink
    let clock = FleetClock()
    let content: StockContent
    let fleet: Fleet
    private let parts: Fleet.Parts
    let sealer = Sealer(key: [UInt8](repeating: 7, count: 32))
    let library: VersionLibrary
    private let directory: TemporaryDirectory

    init(
        link: MemoryFleetLink = MemoryFleetLink(),
        manifests: any DeviceManifests = FlowsAsManifest(),
        address: @escaping @Sendable (Device.ID) -> String? = { _ in nil }
    ) async throws {
        self.link = link
        factory = try await Factory()
        directory = try TemporaryDirectory()
        let stores = factory.stores
        let vault = Vault(directory: directory.path)
        try await vault.prepare()
        library = VersionLibrary(vault: vault, stores: stores, sealer: sealer)
        let variables = DeviceEnvironment(devices: stores.devices, sealer: sealer)
        content = StockContent(
            stores: stores, library: library, sealer: sealer, variables: variables)
        parts = Fleet.Parts(
            stores: stores, bus: bus, link: link, content: content,
            documents: AgentDocumentMaker(
                stores: stores, library: library, content: content, sealer: sealer,
                variables: variables, manifests: manifests, editorKey: "key"),
            alarms: AlarmRaiser(stores: stores, bus: bus), clock: clock,
            address: address)
        fleet = Fleet(parts)
    }

    /// Of a later start of the appliance.
    func nextFleet() -> Fleet { Fleet(parts) }

    func device(_ agent: Device.Agent, _ name: String = "Press 4") async throws -> Device {
        let id = Device.ID.random()
        let device = try await factory.stores.devices.insert(
            .init(
                id: id, team: factory.team.id, application: factory.application.id,
                name: try Name(validating: name), agent: agent,
                secrets: try sealer.newSecrets(for: id)), by: .site)
        await fleet.admitted([id])
        return device
    }

    /// With credentials, and the target of the device.
    @discardableResult
    func snapshot(for device: Device, _ name: String = "Line 3") async throws -> Snapshot {
        let flows = try JSONReader.read(
            Array(#"[{"id":"b1","type":"mqtt-broker","credentials":{"password":"p"}}]"#.utf8))
        let snapshot = try await library.take(
            SnapshotContent(name: name, flows: flows), into: factory.application.id, name: nil,
            by: .site)
        try await change(device) { $0.targetSnapshotID = snapshot.id }
        return snapshot
    }

    func change(
        _ device: Device, _ change: @escaping @Sendable (inout Device) -> Void
    ) async throws {
        _ = try await factory.stores.devices.update(device.id, by: .site, change)
    }

    /// As a stock agent.
    func say(_ device: Device, _ word: String, _ text: String) async {
        await fleet.take("ff/v1/\(device.teamID)/d/\(device.id)/\(word)", Array(text.utf8))
        await fleet.runErrands()
    }

    /// As an agent of ours.
    func agent(_ device: Device, _ word: String, _ text: String) async {
        await fleet.take("ls/v1/\(device.teamID)/d/\(device.id)/\(word)", Array(text.utf8))
        await fleet.runErrands()
    }

    /// And what is due by then.
    func beat() async {
        await fleet.beat()
        await fleet.runErrands()
    }

    /// As the broker tells it.
    func came(_ device: Device, from address: String? = nil) async {
        await fleet.take(.came(name: device.brokerName, address: address))
        await fleet.runErrands()
    }

    /// - Parameter wanted: the revision that it is at work on.
    func status(
        revision: Int64, at phase: AgentTransaction.Phase = .idle, of wanted: Int64? = nil
    ) -> String {
        let status = AgentStatus(
            revision: revision, snapshot: nil, state: .running, mode: .autonomous,
            transaction: AgentTransaction(phase: phase, revision: wanted ?? revision),
            agentVersion: "1",
            nodeREDVersion: nil, nodeVersion: nil, uptime: 1, clock: .now(), bootID: "b",
            serial: "s", problem: nil)
        return String(decoding: status.bytes, as: UTF8.self)
    }

    func result(_ command: DeviceCommand, _ device: Device) async -> FleetFault? {
        do throws(FleetFault) {
            try await fleet.send(command, to: device.id)
            return nil
        } catch { return error }
    }
}

struct FlowsAsManifest: DeviceManifests {
    func manifest(of snapshot: Snapshot, for device: Device) async throws -> ContentAddress {
        snapshot.flows
    }
}
