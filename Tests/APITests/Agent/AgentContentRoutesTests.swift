import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Net
import Site
import Store
import Synchronization
import Testing

@Suite("What a device asks for") struct AgentContentRoutesTests {
    /// Certificates that are good.
    final class Identities: DeviceIdentities {
        private let known: Mutex<[String: (Device.ID, Team.ID)]>
        init(known: [String: (Device.ID, Team.ID)]) { self.known = Mutex(known) }
        func revoke() { known.withLock { $0 = [:] } }
        func device(certificate serial: String) -> (device: Device.ID, team: Team.ID)? {
            known.withLock { $0[serial] }.map { (device: $0.0, team: $0.1) }
        }
    }

    let house: HouseFixture
    let device: Device
    let dispatcher: Dispatcher
    let identities: Identities
    private let directory: TemporaryDirectory

    init() async throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        house = try await HouseFixture()
        let stores = house.stores
        let factory = try await house.factory()
        device = try await factory.device("Press 4")
        identities = Identities(known: ["01": (device.id, device.teamID)])
        let vault = Vault(directory: "\(directory.path)/vault")
        try await vault.prepare()
        let routes = AgentContentRoutes(
            documents: NoDesiredDocuments(),
            contents: DeviceContents(vault: vault, artifacts: stores.artifacts),
            records: DeviceRecordKeeper(
                logs: stores.logs, resources: stores.resources, bus: EventBus()))
        dispatcher = Dispatcher(
            routes: routes.routes,
            callers: CertificateCallers(
                identities: identities,
                devices: stores.devices,
                next: Authentication(
                    directory: CallerDirectory(stores: stores), origins: HouseFixture.origins)),
            scopes: ScopeResolver(applications: stores.applications),
            origins: HouseFixture.origins
        ) { _ in .text("page") }
    }

    func ask(
        _ method: HTTP.Method, _ path: String, _ body: String = "", serial: String? = "01",
        name: String? = nil
    ) async throws -> (status: Int, json: JSONValue) {
        let plain = try GatewayFixture.request(
            method, "/api/agent/v1/\(path)", port: 8443, [], body: body)
        var peer = plain.peer
        peer.client = serial.map {
            ClientCertificate(serial: $0, commonName: name ?? device.id.text)
        }
        let response = await dispatcher.answer(
            Request(
                head: plain.head, peer: peer, body: plain.body, id: plain.id, secure: true,
                localPort: plain.localPort))
        var json = JSONValue.null
        if case .full(_, _, .bytes(let bytes)) = response {
            json = (try? JSONReader.read(bytes)) ?? .null
        }
        return (response.status ?? 0, json)
    }

    /// The body ends only when `meanwhile` is over.
    private func upload(
        _ headers: [(String, String)], client: ClientCertificate?,
        _ meanwhile: () async throws -> Void
    ) async throws -> Int {
        let text = #"{"boot":"b","from":0,"log":[{"at":1800000000000,"level":"info","text":"x"}]}"#
        let plain = try GatewayFixture.request(
            .post, "/api/agent/v1/records", port: 8443, headers, body: text)
        var peer = plain.peer
        peer.client = client
        let (reads, began) = AsyncStream.makeStream(of: Void.self)
        let body = RequestBody(framing: .length(Int64(text.utf8.count))) { began.yield() }
        let request = Request(
            head: plain.head, peer: peer, body: body, id: plain.id, secure: true,
            localPort: plain.localPort)
        let dispatcher = dispatcher
        async let answer = {
            let response = await dispatcher.answer(request)
            // One that is refused at once reads nothing.
            began.finish()
            return response
        }()
        for await _ in reads { break }
        body.deliver(Array(text.utf8.prefix(9)))
        try await meanwhile()
        body.deliver(Array(text.utf8.dropFirst(9)))
        body.finish()
        return await answer.status ?? 0
    }

    @Test("What began before the device was revoked is not kept when it ends after it")
    func revokedMeanwhile() async throws {
        let client = ClientCertificate(serial: "01", commonName: device.id.text)
        let owner = try #require(Instance.ID(device.id.text))
        #expect(try await upload([], client: client) {} == 200)
        #expect(try await house.stores.logs.page(of: owner).records.count == 1)
        try await house.stores.logs.delete(owner)
        #expect(try await upload([], client: client) { identities.revoke() } == 401)
        #expect(try await house.stores.logs.page(of: owner).records == [])
    }

    @Test("Nor is it of a stock agent, whose secrets are gone meanwhile")
    func stockRevokedMeanwhile() async throws {
        let (stores, device) = (house.stores, device)
        _ = try await stores.devices.update(device.id, by: .site) { $0.agent = .stock }
        let token = DeviceToken.prefix + Randomness.secret()
        let (hash, broker) = (MachineSecret.hash(of: token), MachineSecret.hash(of: "b"))
        try await stores.registry.write { (tx: borrowing Transaction) throws(StoreError) in
            try DeviceSecretStore.put(device.id, tokenHash: hash, brokerHash: broker, in: tx)
        }
        let headers = [(Header.authorization, "Bearer \(token)")]
        #expect(try await upload(headers, client: nil) {} == 200)
        let status = try await upload(headers, client: nil) {
            _ = try await stores.enrolments.revoke(device.id, by: .site)
        }
        #expect(status == 401)
        let owner = try #require(Instance.ID(device.id.text))
        #expect(try await stores.logs.page(of: owner).records.count == 1)
    }

    @Test("Only a good certificate of this very device opens them")
    func certificates() async throws {
        #expect(try await ask(.get, "desired").status == 404)
        #expect(try await ask(.get, "desired", serial: nil).status == 401)
        #expect(try await ask(.get, "desired", serial: "02").status == 401)
        #expect(try await ask(.get, "desired", name: "another").status == 401)
    }

    @Test("Contents that no manifest of the device reaches are not there")
    func notReachable() async throws {
        let digest = String(repeating: "a", count: 64)
        #expect(try await ask(.get, "contents/\(digest)").status == 404)
        #expect(try await ask(.get, "contents/x").status == 404)
        #expect(try await ask(.post, "chunks", #"{"digests":["\#(digest)"]}"#).status == 404)
    }

    @Test(
        "A wish for chunks has bounds",
        arguments: [#"{}"#, #"{"digests":[]}"#, #"{"digests":["x"]}"#, #"{"digests":[1]}"#])
    func bounds(body: String) async throws {
        #expect(try await ask(.post, "chunks", body).status == 422)
    }

    @Test("Records are acknowledged with the number that comes next")
    func records() async throws {
        let body = #"""
            {"boot":"b","from":5,"log":[{"at":1800000000000,"level":"info","text":"up"}]}
            """#
        #expect(try await ask(.post, "records", body).json["next"]?.int == 6)
        #expect(try await ask(.post, "records", body).json["next"]?.int == 6)
        #expect(try await ask(.post, "records", "[]").status == 400)
        let owner = try #require(Instance.ID(device.id.text))
        #expect(try await house.stores.logs.page(of: owner).records.map(\.text) == ["up"])
    }
}
