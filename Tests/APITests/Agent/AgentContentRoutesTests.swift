import API
import Basics
import Domain
import HTTP
import LinesideTesting
import Net
import Site
import Store
import Testing

@Suite("What a device asks for") struct AgentContentRoutesTests {
    /// Certificates that are good.
    struct Identities: DeviceIdentities {
        let known: [String: (Device.ID, Team.ID)]
        func device(certificate serial: String) -> (device: Device.ID, team: Team.ID)? {
            known[serial].map { (device: $0.0, team: $0.1) }
        }
    }

    let house: HouseFixture
    let device: Device
    let dispatcher: Dispatcher
    private let directory: TemporaryDirectory

    init() async throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        house = try await HouseFixture()
        let stores = house.stores
        let factory = try await house.factory()
        device = try await factory.device("Press 4")
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
                identities: Identities(known: ["01": (device.id, device.teamID)]),
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
