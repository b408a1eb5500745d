package import Basics

/// How Node-RED is run on the device, secrets opened: what `DeviceSettings` and the environment
/// come to on the wire.
package struct AgentSettings: Sendable, Equatable {
    /// Changes with any of what follows; made by the appliance, and only compared here.
    package var hash: String
    package var environment: [String: String]
    package var heapMB: Int
    package var port: Int
    package var paletteInstall: Bool
    package var localLogin: DeviceSettings.Login?
    package var httpAuth: DeviceSettings.Login?
    package var timeZone: TimeZoneName?
    package var logLevel: InstanceSettings.LogLevel
    /// SubjectPublicKeyInfo in PEM, of the key that signs editor tokens.
    package var editorKey: String
    package var pageSecret: String

    package init(
        hash: String, environment: [String: String] = [:], heapMB: Int = 512, port: Int = 1880,
        paletteInstall: Bool = false, localLogin: DeviceSettings.Login? = nil,
        httpAuth: DeviceSettings.Login? = nil, timeZone: TimeZoneName? = nil,
        logLevel: InstanceSettings.LogLevel = .info, editorKey: String, pageSecret: String
    ) {
        self.hash = hash
        self.environment = environment
        self.heapMB = heapMB
        self.port = port
        self.paletteInstall = paletteInstall
        self.localLogin = localLogin
        self.httpAuth = httpAuth
        self.timeZone = timeZone
        self.logLevel = logLevel
        self.editorKey = editorKey
        self.pageSecret = pageSecret
    }
}

extension AgentSettings: JSONReadable, JSONWritable {
    private static let variableLimit = 1000
    private static let valueLimit = 131_072

    package init(json object: JSONObject) throws(JSONFieldError) {
        hash = try object.text("hash", upTo: 200)
        environment = try Self.environment(object)
        heapMB = try object.whole("heapMB", DeviceSettings.heapLimits)
        port = try object.whole("port", DeviceSettings.ports)
        paletteInstall = try object.optionalBool("paletteInstall") ?? false
        localLogin = try Self.login(object, "localLogin")
        httpAuth = try Self.login(object, "httpAuth")
        timeZone = nil
        if let zone = try object.optionalString("timeZone") {
            do throws(ValidationFault) { timeZone = try TimeZoneName(validating: zone) } catch {
                throw JSONFieldError(field: "timeZone", reason: error.reason)
            }
        }
        logLevel = try object.word("logLevel")
        editorKey = try object.text("editorKey", upTo: 2000)
        pageSecret = try object.text("pageSecret", upTo: 200)
    }

    /// Names are refused here as on the appliance: what starts Node-RED is not for sale.
    private static func environment(
        _ object: JSONObject
    ) throws(JSONFieldError) -> [String: String] {
        var environment: [String: String] = [:]
        let members = try object.optionalObject("environment")?.members ?? []
        guard members.count <= variableLimit else {
            throw JSONFieldError(field: "environment", reason: "holds too many variables")
        }
        for (name, value) in members {
            guard (try? EnvironmentVariable.Name(validating: name)) != nil,
                let text = value.string, text.utf8.count <= valueLimit, !text.utf8.contains(0)
            else {
                throw JSONFieldError(field: "environment", reason: "holds a wrong variable")
            }
            environment[name] = text
        }
        return environment
    }

    private static func login(
        _ object: JSONObject, _ name: String
    ) throws(JSONFieldError) -> DeviceSettings.Login? {
        guard let login = try object.optionalObject(name) else { return nil }
        return DeviceSettings.Login(
            name: try login.text("user", upTo: 200),
            passwordHash: try login.text("pass", upTo: 200))
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("hash", hash)
            json.object("environment") { json in
                for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
                    json.field(name, value)
                }
            }
            json.field("heapMB", heapMB)
            json.field("port", port)
            json.field("paletteInstall", paletteInstall)
            Self.write("localLogin", localLogin, to: &json)
            Self.write("httpAuth", httpAuth, to: &json)
            json.field("timeZone", timeZone?.text)
            json.field("logLevel", logLevel.rawValue)
            json.field("editorKey", editorKey)
            json.field("pageSecret", pageSecret)
        }
    }

    private static func write(
        _ name: String, _ login: DeviceSettings.Login?, to json: inout JSONWriter
    ) {
        json.key(name)
        guard let login else { return json.null() }
        json.object { json in
            json.field("user", login.name)
            json.field("pass", login.passwordHash)
        }
    }
}
