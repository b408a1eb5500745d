package import Basics

/// How Node-RED is run on one device.
package struct DeviceSettings: Sendable, Equatable {
    /// Name and password for those who stand before the device.
    package struct Login: Sendable, Equatable {
        package var name: String
        /// bcrypt, as Node-RED reads it: hashed before it comes here.
        package var passwordHash: String
        package init(name: String, passwordHash: String) {
            self.name = name
            self.passwordHash = passwordHash
        }
    }

    /// In MB. 64: below it Node-RED does not come up.
    package static let heapLimits = 64...16_384
    package static let ports = 1_024...65_535

    /// What Node-RED's heap may grow to, in MB.
    package var heapMB: Int
    /// Of Node-RED on the device.
    package var port: Int
    /// Whether the editor on the device may install node packages.
    package var paletteInstall: Bool
    /// Opens the device's own editor to whoever stands before it; `nil`: it stays closed.
    package var localLogin: Login?
    /// Guards the device's own pages; `nil`: open on the device's network.
    package var httpAuth: Login?
    /// A name of the IANA database; `nil`: the device's own.
    package var timeZone: TimeZoneName?
    package var logLevel: InstanceSettings.LogLevel
    /// A version of Node-RED for stock agents; `nil`: that of the stack.
    package var nodeREDVersion: String?
    /// How long a new snapshot is watched before the former one is let go, in seconds.
    package var probationSeconds: Int

    package init(
        heapMB: Int = 512, port: Int = 1880, paletteInstall: Bool = false,
        localLogin: Login? = nil, httpAuth: Login? = nil, timeZone: TimeZoneName? = nil,
        logLevel: InstanceSettings.LogLevel = .info, nodeREDVersion: String? = nil,
        probationSeconds: Int = 60
    ) {
        self.heapMB = heapMB
        self.port = port
        self.paletteInstall = paletteInstall
        self.localLogin = localLogin
        self.httpAuth = httpAuth
        self.timeZone = timeZone
        self.logLevel = logLevel
        self.nodeREDVersion = nodeREDVersion
        self.probationSeconds = probationSeconds
    }
}

/// As it is kept.
extension DeviceSettings: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("heapMB", heapMB)
            json.field("port", port)
            json.field("paletteInstall", paletteInstall)
            json.field("localLogin", localLogin)
            json.field("httpAuth", httpAuth)
            json.field("timeZone", timeZone?.text)
            json.field("logLevel", logLevel.rawValue)
            json.field("nodeREDVersion", nodeREDVersion)
            json.field("probationSeconds", probationSeconds)
        }
    }

    /// A field that is not there has its default: rows of before it was invented.
    package init(stored object: JSONObject) {
        self.init()
        if let heap = object["heapMB"]?.int { heapMB = Int(heap) }
        if let port = object["port"]?.int { self.port = Int(port) }
        if let install = object["paletteInstall"]?.bool { paletteInstall = install }
        localLogin = object["localLogin"]?.object.flatMap(Login.init(stored:))
        httpAuth = object["httpAuth"]?.object.flatMap(Login.init(stored:))
        timeZone = object["timeZone"]?.string.map(TimeZoneName.init(stored:))
        if let level = object["logLevel"]?.string.flatMap(InstanceSettings.LogLevel.init) {
            logLevel = level
        }
        nodeREDVersion = object["nodeREDVersion"]?.string
        if let seconds = object["probationSeconds"]?.int { probationSeconds = Int(seconds) }
    }
}

extension DeviceSettings.Login: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("name", name)
            json.field("passwordHash", passwordHash)
        }
    }

    init?(stored object: JSONObject) {
        guard let name = object["name"]?.string, let hash = object["passwordHash"]?.string else {
            return nil
        }
        self.init(name: name, passwordHash: hash)
    }
}
