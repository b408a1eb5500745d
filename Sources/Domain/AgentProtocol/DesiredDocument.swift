package import Basics

/// Everything that a device shall be, in one document. A later revision replaces an earlier one
/// whole.
package struct DesiredDocument: Sendable, Equatable {
    package struct Identity: Sendable, Equatable {
        package var id: Device.ID
        package var name: String
        package var team: Team.ID
        package var application: Application.ID?
        package init(
            id: Device.ID, name: String, team: Team.ID, application: Application.ID?
        ) {
            self.id = id
            self.name = name
            self.team = team
            self.application = application
        }
    }

    package struct Content: Sendable, Equatable {
        package var id: Snapshot.ID
        package var name: String
        /// Of the `lineside-device-snapshot/1` in the vault.
        package var manifest: ContentAddress
        /// What stands in flows_cred.json, under the device's secret; `nil`: it has none.
        package var credentials: JSONObject?
        package init(
            id: Snapshot.ID, name: String, manifest: ContentAddress, credentials: JSONObject?
        ) {
            self.id = id
            self.name = name
            self.manifest = manifest
            self.credentials = credentials
        }
    }

    /// When what was fetched may be switched to.
    package struct Window: Sendable, Equatable {
        package var from: Timestamp
        package var to: Timestamp
        /// Seconds that a switch must find left in it.
        package var fits: Int
        package init(from: Timestamp, to: Timestamp, fits: Int) {
            self.from = from
            self.to = to
            self.fits = fits
        }

        package func admits(_ now: Timestamp) -> Bool {
            now >= from && now + .seconds(fits) <= to
        }
    }

    package struct Probation: Sendable, Equatable {
        package static let seconds = 0...86_400
        package static let lagLimits = 1...60_000

        package var seconds: Int
        /// The event loop may be so late, by the median of its samples.
        package var lagMS: Int
        /// A snapshot that cannot reach the appliance goes back. Off in a plant whose appliance
        /// may be away.
        package var needsServer: Bool
        package init(seconds: Int = 60, lagMS: Int = 200, needsServer: Bool = false) {
            self.seconds = seconds
            self.lagMS = lagMS
            self.needsServer = needsServer
        }
    }

    package var revision: Int64
    /// The appliance's clock when it wrote this.
    package var time: Timestamp
    package var device: Identity
    package var mode: Device.Mode
    package var run: DesiredState
    /// `nil`: it runs nothing.
    package var snapshot: Content?
    package var settings: AgentSettings
    package var probation: Probation
    package var window: Window?
    package var deployment: String?
    /// Rises with each order of the deployment to this device: a snapshot that failed is worth
    /// another try then.
    package var attempt: Int
    /// Chunks that come along, as files of the vault hold them.
    package var inline: [ContentAddress: [UInt8]]

    package init(
        revision: Int64, time: Timestamp, device: Identity, mode: Device.Mode = .autonomous,
        run: DesiredState = .running, snapshot: Content?, settings: AgentSettings,
        probation: Probation = Probation(), window: Window? = nil, deployment: String? = nil,
        attempt: Int = 0,
        inline: [ContentAddress: [UInt8]] = [:]
    ) {
        self.revision = revision
        self.time = time
        self.device = device
        self.mode = mode
        self.run = run
        self.snapshot = snapshot
        self.settings = settings
        self.probation = probation
        self.window = window
        self.deployment = deployment
        self.attempt = attempt
        self.inline = inline
    }

    /// Whether the change from `other` to this one needs nothing staged and nothing switched.
    package func runsTheSame(as other: DesiredDocument) -> Bool {
        snapshot?.manifest == other.snapshot?.manifest && snapshot?.id == other.snapshot?.id
            && snapshot?.credentials == other.snapshot?.credentials
            && settings == other.settings && device.id == other.device.id
    }

    /// Whether it asks for nothing that has not been tried with `failed`: to be stopped or renamed
    /// is no new try, another order of a deployment is.
    package func asksNoMore(than failed: DesiredDocument) -> Bool {
        guard runsTheSame(as: failed) else { return false }
        return deployment == nil
            || (deployment == failed.deployment && attempt == failed.attempt)
    }
}

extension DesiredDocument: AgentMessage {
    package static let called = "a desired document"
    package static let limit = 1 << 20
    package static let valueLimit = 20_000
    /// 64 KB of chunks are 88 KB of text; more is fetched.
    package static let inlineLimit = 65_536
    private static let inlineCount = 64

    package init(json object: JSONObject) throws(JSONFieldError) {
        revision = try object.counter("revision")
        time = try object.moment("time")
        device = try Identity(json: try object.required("device"))
        mode = try object.word("mode")
        run = try object.word("run")
        snapshot = nil
        if let content = try object.optionalObject("snapshot") {
            snapshot = try Content(json: content)
        }
        settings = try AgentSettings(json: try object.required("settings"))
        probation = Probation()
        if let stated = try object.optionalObject("probation") {
            probation = try Probation(json: stated)
        }
        window = nil
        if let stated = try object.optionalObject("window") { window = try Window(json: stated) }
        deployment = try object.optionalText("deployment", upTo: 64)
        attempt = try object.optionalWhole("attempt", 0...Int(Int32.max)) ?? 0
        inline = [:]
        let chunks = try object.optionalObject("inline")?.members ?? []
        guard chunks.count <= Self.inlineCount else {
            throw JSONFieldError(field: "inline", reason: "holds too many chunks")
        }
        for (digest, text) in chunks {
            guard let address = ContentAddress(hex: digest),
                let bytes = text.string.flatMap(Base64URL.decode), !bytes.isEmpty
            else {
                throw JSONFieldError(field: "inline", reason: "must hold chunks by their digest")
            }
            inline[address] = bytes
        }
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("revision", revision)
            json.field("time", time.milliseconds)
            json.object("device") { json in
                json.field("id", device.id)
                json.field("name", device.name)
                json.field("team", device.team)
                json.field("application", device.application)
            }
            json.field("mode", mode.rawValue)
            json.field("run", run.rawValue)
            json.field("snapshot", snapshot)
            json.field("settings", settings)
            json.object("probation") { json in
                json.field("seconds", probation.seconds)
                json.field("lagMS", probation.lagMS)
                json.field("needServer", probation.needsServer)
            }
            json.field("window", window)
            json.field("deployment", deployment)
            json.field("attempt", attempt)
            if !inline.isEmpty {
                json.object("inline") { json in
                    for (address, bytes) in inline.sorted(by: { $0.key.hex < $1.key.hex }) {
                        json.field(address.hex, Base64URL.encodeClassic(bytes))
                    }
                }
            }
        }
    }
}

extension DesiredDocument.Identity: JSONReadable {
    package init(json object: JSONObject) throws(JSONFieldError) {
        id = try object.id("id")
        name = try object.text("name", upTo: 400)
        team = try object.id("team")
        application = try object.optionalID("application")
    }
}

extension DesiredDocument.Content: JSONReadable, JSONWritable {
    package init(json object: JSONObject) throws(JSONFieldError) {
        id = try object.id("id")
        name = try object.text("name", upTo: 400)
        manifest = try object.address("manifest")
        credentials = try object.optionalObject("credentials")
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("name", name)
            json.field("manifest", manifest.hex)
            json.field("credentials", credentials)
        }
    }
}

extension DesiredDocument.Window: JSONReadable, JSONWritable {
    package init(json object: JSONObject) throws(JSONFieldError) {
        from = try object.moment("from")
        to = try object.moment("to")
        fits = try object.optionalWhole("fits", 0...86_400) ?? 0
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("from", from.milliseconds)
            json.field("to", to.milliseconds)
            json.field("fits", fits)
        }
    }
}

extension DesiredDocument.Probation: JSONReadable {
    package init(json object: JSONObject) throws(JSONFieldError) {
        self.init()
        if let stated = try object.optionalWhole("seconds", Self.seconds) { seconds = stated }
        if let stated = try object.optionalWhole("lagMS", Self.lagLimits) { lagMS = stated }
        needsServer = try object.optionalBool("needServer") ?? false
    }
}
