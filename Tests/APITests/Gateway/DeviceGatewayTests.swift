import Basics
import Crypto
import Domain
import HTTP
import LinesideTesting
import Net
import Site
import Synchronization
import Testing

@testable import API

/// Devices that come as soon as they are asked.
private final class WillingDevices: TunnelOpener {
    private struct State {
        var tunnels: DeviceTunnels?
        var fault: TunnelFault?
    }

    private let state = Mutex(State())
    let team = Team.ID.random()
    let came = Mailbox<WebSocket>()

    func serve(_ tunnels: DeviceTunnels) { state.withLock { $0.tunnels = tunnels } }
    func refuse(_ fault: TunnelFault) { state.withLock { $0.fault = fault } }

    func open(
        _ device: Device.ID, agent: Device.Agent, token: String
    ) async throws(TunnelFault) {
        let (tunnels, fault) = state.withLock { ($0.tunnels, $0.fault) }
        if let fault { throw fault }
        let (near, far) = PipeStream.pair()
        came.put(WebSocket(far, role: .client))
        let socket = WebSocket(near, role: .server)
        Task {
            if agent == .stock {
                await tunnels?.serve(stock: socket, token: token, of: device)
            } else {
                let proven = ProvenDevice(device: device, team: team, serial: "01")
                await tunnels?.serve(socket, of: proven, from: "192.0.2.9")
            }
        }
    }

    func close(_ device: Device.ID, agent: Device.Agent) async {}
}

private struct OneDevice: DeviceIdentities, DeviceEntrances {
    let entrance: DeviceEntrance
    let team = Team.ID.random()

    func device(certificate serial: String) -> (device: Device.ID, team: Team.ID)? {
        (entrance.id, team)
    }

    func entrance(of id: Device.ID) async -> DeviceEntrance? {
        id == entrance.id ? entrance : nil
    }
}

/// Both gateways before one device.
private struct DeviceFixture {
    let base: GatewayFixture
    let devices = WillingDevices()
    let id = Device.ID.random()
    let editors: EditorGateway
    let pages: PageGateway
    let tunnels: DeviceTunnels
    let group: EventLoopGroup

    init(
        agent: Device.Agent?, role: Role = .member, files: any EditorFiles = NoEditorFiles()
    ) throws {
        base = try GatewayFixture(role: role)
        group = try EventLoopGroup()
        let device = OneDevice(
            entrance: DeviceEntrance(
                id: id, name: "Press 4", path: ScopePath(application: base.application),
                agent: agent, pageSecret: "device-secret"))
        let door = DeviceDoor(
            identities: device, broker: BrokerEntrance(), signal: base.signal)
        tunnels = DeviceTunnels(opener: devices, door: door, loop: group.loops[0])
        devices.serve(tunnels)
        let origins = SiteOrigins(
            names: HostNames(["plant"]), platformPort: 8443, editorsPort: 8444, pagesPort: 8445)
        let gateway = Gateway(
            origins: origins, doorkeeper: base.doorkeeper, directory: base.instances,
            sockets: OpenSockets(doorkeeper: base.doorkeeper, signal: base.signal))
        let tokens = EditorTokens(key: base.key)
        let deviceGateway = DeviceGateway(
            entrances: device, tunnels: tunnels, tokens: tokens, editorFiles: files)
        editors = EditorGateway(
            gateway, tokens: tokens, witness: base.witness, devices: deviceGateway)
        pages = PageGateway(
            gateway, door: PageDoor(hasher: PasswordHasher()), pageTokens: FakePageTokens(),
            files: NoFiles(), devices: deviceGateway)
    }

    func cookie(_ side: SiteOrigins.Side) throws -> (String, String) {
        let code = base.doorkeeper.issueCode(
            side: side, session: base.session, device: id, expiry: .now() + .seconds(60))
        let redeemed = base.doorkeeper.redeem(code: try #require(code), side: side)
        let cookie = try #require(redeemed?.cookie)
        return (
            Header.cookie, "\(GatewayTicket.cookieName(side, slug: "d/\(id)"))=\(cookie)"
        )
    }

    func editor(
        _ method: HTTP.Method = .get, _ below: String, _ headers: [(String, String)] = [],
        upgrade: String? = nil, body: String = ""
    ) async throws -> Response {
        await editors.answer(
            try GatewayFixture.request(
                method, "/-/d/\(id)\(below)", port: 8444, headers, upgrade: upgrade, body: body))
    }

    func page(_ below: String, _ headers: [(String, String)] = []) async throws -> Response {
        await pages.answer(
            try GatewayFixture.request(.get, "/d/\(id)\(below)", port: 8445, headers))
    }

    func end() async {
        await tunnels.end(id)
        await group.shutdown()
    }
}

@Suite("Device gateway", .timeLimit(.minutes(10))) struct DeviceGatewayTests {
    private func payload(
        _ fixture: DeviceFixture, _ headers: Headers?
    ) throws -> JSONValue {
        let token = try #require(headers?[Gateway.tokenHeader])
        let parts = token.split(separator: ".").map(String.init)
        let signature = try #require(Base64URL.decode(parts[1]))
        #expect(fixture.base.verifier.verify(signature, of: Array(parts[0].utf8)))
        return try JSONReader.read(try #require(Base64URL.decode(parts[0])))
    }

    @Test("A code leads to the device, and its cookie opens that device alone")
    func code() async throws {
        let fixture = try DeviceFixture(agent: .lineside)
        let code = try #require(
            fixture.base.doorkeeper.issueCode(
                side: .editors, session: fixture.base.session, device: fixture.id,
                expiry: .now() + .seconds(60)))
        let request = try GatewayFixture.request(
            .post, "/lineside/open", port: 8444,
            [(Header.origin, GatewayFixture.platform), EditorGatewayTests.form],
            body: "code=\(code)")
        let answer = await fixture.editors.answer(request)
        #expect(answer.status == 303)
        #expect(answer.headers[Header.location] == "/-/d/\(fixture.id)/")
        #expect(
            answer.headers[Header.setCookie]?.hasPrefix(
                "__Host-lineside-editor-d.\(fixture.id)=") == true)
        #expect(try await fixture.editor(.get, "/flows").status == 401)
        // A ticket for the pages is none for the editor, nor is an instance's.
        let pages = try fixture.cookie(.pages)
        #expect(try await fixture.editor(.get, "/flows", [pages]).status == 401)
        let name = GatewayTicket.cookieName(.editors, slug: "d/\(fixture.id)")
        let other = try fixture.base.cookie(.editors).split(separator: "=", maxSplits: 1)[1]
        let swapped = try await fixture.editor(
            .get, "/flows", [(Header.cookie, "\(name)=\(other)")])
        #expect(swapped.status == 401)
        let stranger = try GatewayFixture.request(
            .get, "/-/d/\(Device.ID.random())/", port: 8444, [try fixture.cookie(.editors)])
        #expect(await fixture.editors.answer(stranger).status == 404)
        await fixture.end()
    }

    @Test("A device of ours is passed what was asked for, with a token made out to it")
    func passes() async throws {
        let fixture = try DeviceFixture(agent: .lineside)
        let cookie = try fixture.cookie(.editors)
        let sent: Headers = [
            Header.cookie: "\(cookie.1); own=1", Header.authorization: "Bearer x",
            Gateway.tokenHeader: "forged", Gateway.pageHeader: "forged",
        ]
        let response = try await fixture.editor(.get, "/flows", [cookie])
        guard case .proxy(.gate, _) = response else {
            Issue.record("not passed on through a tunnel")
            return
        }
        let seen = response.passedOn(sent)
        let json = try payload(fixture, seen)
        #expect(json["aud"]?.string == fixture.id.text)
        #expect(json["perm"]?.string == "*")
        #expect(seen?[Header.cookie] == "own=1")
        #expect(seen?[Header.authorization] == nil)
        #expect(seen?[Gateway.pageHeader] == nil)
        fixture.base.sign(in: .viewer)
        fixture.base.signal.raise()
        let viewer = try await fixture.editor(.get, "/flows", [cookie]).passedOn(sent)
        #expect(try payload(fixture, viewer)["perm"]?.string == "read")
        let page = try await fixture.page("/ui/", [try fixture.cookie(.pages)]).passedOn(sent)
        #expect(page?[Gateway.pageHeader] == "device-secret")
        #expect(page?[Gateway.tokenHeader] == nil)
        fixture.base.sessions.set(nil, for: fixture.base.session)
        fixture.base.signal.raise()
        #expect(try await fixture.editor(.get, "/flows", [cookie]).status == 401)
        await fixture.end()
    }

    @Test("A browser without a session for the pages goes to the platform for one, and comes back")
    func signInFirst() async throws {
        let fixture = try DeviceFixture(agent: .lineside, role: .dashboard)
        let html = (Header.accept, "text/html")
        let answer = try await fixture.page("/ui/line?a=1&b=2", [html])
        #expect(answer.status == 303)
        #expect(
            answer.headers[Header.location]
                == "https://plant:8443/open/pages/d/\(fixture.id)?path=%2Fui%2Fline%3Fa%3D1%26b%3D2"
        )
        #expect(try await fixture.page("/ui/").status == 401)
        // A link on a page of another origin leads there too; its cookie is not spent on a script.
        let foreign = [
            html, (Header.origin, "https://elsewhere"), ("sec-fetch-site", "cross-site"),
        ]
        #expect(try await fixture.page("/ui/", foreign).status == 303)
        let cookie = try fixture.cookie(.pages)
        let script = [cookie, (Header.origin, "https://elsewhere")]
        #expect(try await fixture.page("/ui/", script).status == 401)
        // Whoever sees pages only gets no editor, and no way there.
        let editor = try await fixture.editor(.get, "/", [try fixture.cookie(.editors), html])
        #expect(editor.status == 401)
        await fixture.end()
    }

    @Test("A token of ours stays here; what is the flow's own goes on to the device's pages")
    func tokens() async throws {
        let fixture = try DeviceFixture(agent: .lineside)
        let cookie = try fixture.cookie(.pages)
        for prefix in [PersonalToken.prefix, PageToken.prefix, DeviceToken.prefix] {
            let ours: Headers = [Header.authorization: "bearer  \(prefix)abc"]
            let request = [cookie, (Header.authorization, "bearer  \(prefix)abc")]
            let seen = try await fixture.page("/api", request).passedOn(ours)
            #expect(seen != nil && seen?[Header.authorization] == nil, "\(prefix)")
        }
        for own in ["Bearer abc", "Basic YTpi"] {
            let seen = try await fixture.page("/api", [cookie, (Header.authorization, own)])
                .passedOn([Header.authorization: own])
            #expect(seen?[Header.authorization] == own)
        }
        await fixture.end()
    }

    private struct OneFile: EditorFiles {
        func answer(
            _ request: Request, path: String, for device: Device.ID
        ) async -> Response? {
            path == "/red/red.min.js" ? .text("script") : nil
        }
    }

    @Test(
        "Scripts of the editor that lie on the server do not come over the device's line",
        arguments: [Device.Agent.lineside, .stock])
    func editorFiles(agent: Device.Agent) async throws {
        let fixture = try DeviceFixture(agent: agent, files: OneFile())
        fixture.devices.refuse(.offline)
        let cookie = try fixture.cookie(.editors)
        let script = try await fixture.editor(.get, "/red/red.min.js", [cookie])
        #expect(script.status == 200)
        #expect(script.headers[Header.contentSecurityPolicy]?.contains("frame-ancestors") == true)
        #expect(try await fixture.editor(.get, "/red/red.min.js").status == 401)
        #expect(try await fixture.editor(.get, "/settings", [cookie]).status == 503)
        #expect(try await fixture.editor(.post, "/red/red.min.js", [cookie]).status != 200)
        let pages = try fixture.cookie(.pages)
        #expect(try await fixture.page("/red/red.min.js", [pages]).status != 200)
        await fixture.end()
    }

    @Test("A device that is not there has a page that says so")
    func offline() async throws {
        for (fault, words) in [
            (TunnelFault.offline, "it is offline"),
            (.refused("Node-RED does not run"), "Node-RED does not run"),
        ] {
            let fixture = try DeviceFixture(agent: .lineside)
            fixture.devices.refuse(fault)
            let cookie = try fixture.cookie(.editors)
            let answer = try await fixture.editor(
                .get, "/", [cookie, (Header.accept, "text/html")])
            #expect(answer.status == 503)
            guard case .full(_, _, .bytes(let bytes)) = answer else { return }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.contains("Press 4 cannot be reached"))
            #expect(text.contains(words))
            let german = try await fixture.editor(
                .get, "/", [cookie, (Header.accept, "text/html"), ("accept-language", "de-DE")])
            guard case .full(_, _, .bytes(let deutsch)) = german else { return }
            #expect(!String(decoding: deutsch, as: UTF8.self).contains("offline"))
            await fixture.end()
        }
        let never = try DeviceFixture(agent: nil)
        #expect(try await never.editor(.get, "/", [try never.cookie(.editors)]).status == 503)
        await never.end()
    }

    @Test("A stock agent's editor is asked in its own words, and can say nothing of ours")
    func stock() async throws {
        let fixture = try DeviceFixture(agent: .stock)
        let cookie = try fixture.cookie(.editors)
        async let answering = fixture.editor(
            .post, "/flows?x=1",
            [
                cookie, (Header.authorization, "Bearer x"), ("content-type", "application/json"),
                (Header.origin, GatewayFixture.editorsOrigin),
            ],
            body: #"{"flows":[]}"#)
        let agent = await fixture.devices.came.take()
        guard case .text(let text)? = try await agent?.receive() else { return }
        let json = try JSONReader.read(Array(text.utf8))
        #expect(json["url"]?.string == "/flows?x=1")
        #expect(json["method"]?.string == "POST")
        #expect(json["body"]?.string == #"{"flows":[]}"#)
        let headers = json["headers"]?.object?.members.map(\.key) ?? []
        #expect(headers == ["content-type"])
        let number = try #require(json["id"]?.int)
        try await agent?.send(
            #"{"id":\#(number),"status":200,"headers":{"content-type":"text/plain","#
                + #""transfer-encoding":"chunked","set-cookie":"a=b","x-b\r\nX-Evil":"1","#
                + #""x-c":"1\r\nX-Evil: 1","content-length":"999"},"#
                + #""body":{"type":"Buffer","data":[111,107]}}"#)
        let answer = try await answering
        #expect(answer.status == 200)
        guard case .full(_, let all, .bytes(let bytes)) = answer else { return }
        #expect(bytes == Array("ok".utf8))
        #expect(all["content-type"] == "text/plain")
        #expect(!all.contains("set-cookie") && !all.contains("transfer-encoding"))
        #expect(!all.pairs.contains { $0.value.contains("\n") || $0.name.contains("evil") })
        #expect(all[Header.contentSecurityPolicy]?.contains("frame-ancestors") == true)
        // Its tunnel knows one right, and no pages.
        #expect(try await fixture.page("/ui", [try fixture.cookie(.pages)]).status == 404)
        fixture.base.sign(in: .viewer)
        fixture.base.signal.raise()
        #expect(try await fixture.editor(.get, "/flows", [cookie]).status == 403)
        await fixture.end()
    }

    @Test(
        "Paths that lead elsewhere are no device's",
        arguments: [
            "/-/d/", "/-/d/short/", "/-/d/UPPERCASEUPPERCASE/", "/-/d", "/-/dd/x/",
            "/-/d/press4press4press4",
        ])
    func paths(path: String) throws {
        #expect(DeviceGateway.place(try RequestTarget(path), .editors) == nil)
    }

    @Test("What is below a device goes on as it was sent")
    func below() throws {
        let id = "press4press4press4"
        let place = DeviceGateway.place(
            try RequestTarget("/-/d/\(id)/a%2Fb/c?d=/e"), .editors)
        #expect(place?.id.text == id)
        #expect(place?.below == "/a%2Fb/c?d=/e")
    }
}

@Suite("Editor files of a stack") struct StackEditorFilesTests {
    @Test("Scripts and styles are found by plain names")
    func plain() {
        #expect(
            StackEditorFiles.names("/vendor/monaco/dist/editor.js?v=1")
                == ["vendor", "monaco", "dist", "editor.js"])
        #expect(StackEditorFiles.names("/red/red.min.js") == ["red", "red.min.js"])
    }

    @Test(
        "Nothing else is",
        arguments: [
            "/settings", "/red", "/red/", "/vendor/../package.json", "/vendor/.npmrc",
            "/vendor/%2e%2e/x", "/vendor//x", "/red/a b", "red/red.min.js", "/vendor/x\\y", "",
        ])
    func others(path: String) {
        #expect(StackEditorFiles.names(path) == nil)
    }
}
