package import Domain

/// All that a start of an instance needs to know, secrets opened.
package struct InstanceDefinition: Sendable, Equatable {
    package enum Program: Sendable, Equatable {
        /// The practice runtime.
        case practice
        /// Where the stack lies.
        case stack(path: String)
        case missing
    }

    /// What is different on a device, which people reach without the appliance.
    package struct OnDevice: Sendable, Equatable {
        /// Opens the editor to whoever stands before the device.
        package var localLogin: DeviceSettings.Login?
        /// Guards the pages; `nil`: open on the device's network.
        package var httpAuth: DeviceSettings.Login?
        package init(localLogin: DeviceSettings.Login?, httpAuth: DeviceSettings.Login?) {
            self.localLogin = localLogin
            self.httpAuth = httpAuth
        }
    }

    package var id: Instance.ID
    package var name: String
    package var slug: String
    package var program: Program
    package var settings: InstanceSettings
    /// A name of the IANA database.
    package var timeZone: String
    /// `NAME=value`
    package var environment: [String]
    /// 64 hexadecimal digits.
    package var credentialSecret: String
    package var pageSecret: String
    /// That it had last.
    package var port: Int?
    /// `nil` on the appliance.
    package var device: OnDevice?

    package init(
        id: Instance.ID, name: String, slug: String, program: Program,
        settings: InstanceSettings = InstanceSettings(), timeZone: String = "UTC",
        environment: [String] = [], credentialSecret: String, pageSecret: String, port: Int? = nil,
        device: OnDevice? = nil
    ) {
        self.id = id
        self.name = name
        self.slug = slug
        self.program = program
        self.settings = settings
        self.timeZone = timeZone
        self.environment = environment
        self.credentialSecret = credentialSecret
        self.pageSecret = pageSecret
        self.port = port
        self.device = device
    }

    package var adminRoot: String { "/-/\(slug)/" }
    package var nodeRoot: String { "/\(slug)/" }
}
