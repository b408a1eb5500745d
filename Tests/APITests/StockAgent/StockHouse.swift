import API
import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Site
import Store
import Synchronization
import Testing

/// A site with one stock agent on it: routes, fleet and vault are the product's, the broker is one
/// in memory.
final class StockHouse: Sendable {
    let factory: Factory
    let bus = EventBus()
    let link = MemoryFleetLink()
    let clock = FleetClock()
    let fleet: Fleet
    let content: StockContent
    let snapshots: DeviceSnapshots
    let library: VersionLibrary
    let device: Device
    let token = "ffd_" + Randomness.secret()
    let password = Randomness.secret()
    let sealer = Sealer(key: [UInt8](repeating: 7, count: 32))
    private let dispatcher: Dispatcher
    private let directory: TemporaryDirectory
    private let running = Mutex<Task<Void, Never>?>(nil)
    private let covered = Mutex<Set<StockMessage>>([])
    private let heard = Mutex(0)

    /// - Parameter settling: how a deploy on the device is waited for.
    init(settling: @escaping @Sendable () async -> Void = {}) async throws {
        let factory = try await Factory()
        let stores = factory.stores
        directory = try TemporaryDirectory()
        let vault = Vault(directory: directory.path)
        try await vault.prepare()
        library = VersionLibrary(vault: vault, stores: stores, sealer: sealer)
        let idle = IdleFleet(
            stores: stores, bus: bus, sealer: sealer, library: library, link: link, clock: clock,
            settling: settling)
        (fleet, content, snapshots) = (idle.fleet, idle.content, idle.snapshots)
        _ = try await factory.stack("Node-RED 4.1")
        let id = Device.ID.random()
        let secrets = try sealer.newSecrets(for: id)
        let (hash, brokerHash) = (MachineSecret.hash(of: token), MachineSecret.hash(of: password))
        let draft = DeviceStore.Draft(
            id: id, team: factory.team.id, application: factory.application.id,
            name: try Name(validating: "Press 4"), agent: .stock, secrets: secrets)
        device = try await stores.registry.write {
            (tx: borrowing Transaction) throws(StoreError) -> Device in
            let device = try DeviceStore.insert(draft, by: .site, in: tx)
            try DeviceSecretStore.put(id, tokenHash: hash, brokerHash: brokerHash, in: tx)
            return device
        }
        self.factory = factory
        let recipes = RecipeStore(files: [:])
        dispatcher = Dispatcher(
            routes: RouteTable.described(
                idle.resources(stores, recipes: recipes), version: "0.1.0"),
            callers: Authentication(
                directory: CallerDirectory(stores: stores), origins: HouseFixture.origins),
            scopes: ScopeResolver(applications: stores.applications),
            origins: HouseFixture.origins
        ) { _ in .text("page") }
        await fleet.admitted([id])
        let fleet = fleet
        running.withLock { $0 = Task { try? await fleet.run() } }
        let bus = bus
        try await withLimit(waitingFor: "the fleet to look after listeners") {
            while bus.watcherCount == 0 { await Task.yield() }
        }
        await fleet.take(.link(isUp: true))
    }

    deinit { running.withLock { $0?.cancel() } }

    func note(_ message: StockMessage) { covered.withLock { _ = $0.insert(message) } }
    var all: Set<StockMessage> { covered.withLock { $0 } }

    // MARK: As the agent

    func say(_ word: String, _ text: String) async {
        await fleet.take("ff/v1/\(device.teamID)/d/\(device.id)/\(word)", Array(text.utf8))
    }

    func status(
        _ state: String, snapshot: String?, settings: String?, more: String = ""
    ) async {
        func text(_ value: String?) -> String { value.map { "\"\($0)\"" } ?? "null" }
        await say(
            "status",
            """
            {"ownerType":"application","project":null,
             "application":"\(factory.application.id)","snapshot":\(text(snapshot)),
             "settings":\(text(settings)),"state":"\(state)","mode":"autonomous",
             "targetState":"running","health":{"uptime":12,"snapshotRestartCount":0},
             "agentVersion":"4.2.1","licensed":true,"nodejsVersion":"v20.20.2",
             "nodeRedVersion":"4.1.3"\(more)}
            """)
    }

    /// The next thing that it is told, in the order in which it was said.
    func told() async throws -> JSONValue {
        let index = heard.withLock { heard in
            defer { heard += 1 }
            return heard
        }
        let link = link
        try await withLimit(waitingFor: "a command") { await link.wait(for: index + 1) }
        let said = link.said[index]
        #expect(said.topic == "ff/v1/\(device.teamID)/d/\(device.id)/command")
        return said.json
    }

    var untold: Int { link.said.count - heard.withLock { $0 } }

    /// Answers a command as the agent does.
    func answer(_ command: JSONValue, _ payload: String, plain: Bool = false) async {
        let correlation = command["correlationData"]?.string ?? ""
        let word = command["command"]?.string ?? ""
        note(plain ? .responsePlain : .response)
        await say(
            plain ? "response" : "response/lineside",
            """
            {"teamId":"\(device.teamID)","deviceId":"\(device.id)","command":"\(word)",
             "correlationData":"\(correlation)","userProperties":{},"payload":\(payload)}
            """)
    }

    struct Answer {
        let status: Int
        let json: JSONValue
        let text: String
    }

    func http(
        _ method: HTTP.Method, _ path: String, _ body: String = "", token: String? = nil,
        headers: [(String, String)] = []
    ) async throws -> Answer {
        var all = headers + [("user-agent", "FlowFuse Device Agent v4.2.1")]
        if !headers.contains(where: { $0.0 == "x-access-token" }) {
            all.append((Header.authorization, "Bearer \(token ?? self.token)"))
        }
        if !body.isEmpty { all.append((Header.contentType, "application/json")) }
        let response = await dispatcher.answer(
            try GatewayFixture.request(method, path, port: 8443, all, body: body))
        guard case .full(let status, _, let content) = response else {
            return Answer(status: 0, json: .null, text: "")
        }
        let bytes: [UInt8] = if case .bytes(let bytes) = content { bytes } else { [] }
        return Answer(
            status: status, json: (try? JSONReader.read(bytes)) ?? .null,
            text: String(decoding: bytes, as: UTF8.self))
    }

    /// The body ends only when `meanwhile` is over.
    func slowly(
        _ path: String, _ text: String, _ meanwhile: () async throws -> Void
    ) async throws -> Int {
        let plain = try GatewayFixture.request(
            .post, path, port: 8443,
            [
                (Header.authorization, "Bearer \(token)"),
                (Header.contentType, "application/json"),
            ], body: text)
        let (reads, began) = AsyncStream.makeStream(of: Void.self)
        let body = RequestBody(framing: .length(Int64(text.utf8.count))) { began.yield() }
        let request = Request(
            head: plain.head, peer: plain.peer, body: body, id: plain.id, secure: true,
            localPort: plain.localPort)
        let dispatcher = dispatcher
        async let answer = {
            let response = await dispatcher.answer(request)
            began.finish()
            return response
        }()
        for await _ in reads { break }
        try await meanwhile()
        body.deliver(Array(text.utf8))
        body.finish()
        return await answer.status ?? 0
    }

    var path: String { "/api/v1/devices/\(device.id)" }

    // MARK: As somebody at a desk

    func change(_ change: @escaping @Sendable (inout Device) -> Void) async throws {
        _ = try await factory.stores.devices.update(device.id, by: .site, change)
        await fleet.desiredChanged([device.id])
    }

    func send(_ command: DeviceCommand) async -> Result<JSONValue, FleetFault> {
        do throws(FleetFault) {
            return .success(try await fleet.send(command, to: device.id))
        } catch {
            return .failure(error)
        }
    }

    /// Flows with a credential in them.
    func snapshot(_ name: String) async throws -> Snapshot {
        let flows = try JSONReader.read(
            Array(
                """
                [{"id":"t1","type":"tab","label":"\(name)"},
                 {"id":"b1","type":"mqtt-broker","z":"","credentials":{"user":"u","password":"p"}}]
                """.utf8))
        let content = try SnapshotContent(
            name: name, flows: flows,
            modules: [NodeModule(name: "node-red-contrib-x", version: "1.2.3")],
            variables: [.init(name: "LINE", value: "3")])
        return try await library.take(
            content, into: factory.application.id, name: nil, by: .site)
    }
}
