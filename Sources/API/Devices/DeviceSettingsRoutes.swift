import Basics
import Domain
import HTTP
package import Site
package import Store

/// How Node-RED is run on a device, and its environment variables. Both reach it at once.
package struct DeviceSettingsRoutes: Resource {
    private let devices: DeviceStore
    private let environment: DeviceEnvironment
    private let secrets: DeviceSecretMaker
    private let observer: any DeviceObserver

    package init(
        devices: DeviceStore, environment: DeviceEnvironment, secrets: DeviceSecretMaker,
        observer: any DeviceObserver
    ) {
        self.devices = devices
        self.environment = environment
        self.secrets = secrets
        self.observer = observer
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/v1/devices/{device}/settings", .needs(.deviceRead),
                "Read the settings of a device", show),
            Route(
                .patch, "/api/v1/devices/{device}/settings", .needs(.deviceEdit),
                "Change the settings of a device", change),
            Route(
                .get, "/api/v1/devices/{device}/environment", .needs(.deviceEdit),
                "Read the environment of a device", showEnvironment),
            Route(
                .put, "/api/v1/devices/{device}/environment", .needs(.deviceEdit),
                "Replace the environment of a device", limit: .mebibytes(18),
                replaceEnvironment),
        ]
    }

    private func device(_ context: RequestContext) async throws(Problem) -> Device {
        let id: Device.ID = try context.id("device")
        return try await stored { () async throws(StoreError) in try await devices.get(id) }
    }

    private func show(
        _ context: RequestContext
    ) async throws(Problem) -> Found<DeviceSettingsView> {
        let device = try await device(context)
        return Found(DeviceSettingsView(settings: device.settings, stackID: device.stackID))
    }

    private func change(
        _ body: ChangeDeviceSettings, _ context: RequestContext
    ) async throws(Problem) -> Found<DeviceSettingsView> {
        let former = try await device(context)
        let local = try await login("localLogin", body.localLogin, former.settings.localLogin)
        let pages = try await login("httpAuth", body.httpAuth, former.settings.httpAuth)
        let changed = try await stored { () async throws(StoreError) in
            try await devices.update(former.id, by: context.actor) { device in
                if let limit = body.heapMB { device.settings.heapMB = limit }
                if let port = body.port { device.settings.port = port }
                if let allowed = body.paletteInstall { device.settings.paletteInstall = allowed }
                if let local { device.settings.localLogin = local }
                if let pages { device.settings.httpAuth = pages }
                if let zone = body.timeZone { device.settings.timeZone = zone }
                if let level = body.logLevel { device.settings.logLevel = level }
                if let version = body.nodeREDVersion { device.settings.nodeREDVersion = version }
                if let time = body.probationSeconds { device.settings.probationSeconds = time }
                if let stack = body.stack { device.stackID = stack }
            }
        }
        if changed.revision != former.revision { await observer.desiredChanged([changed.id]) }
        return Found(DeviceSettingsView(settings: changed.settings, stackID: changed.stackID))
    }

    /// `nil`: it stays as it is.
    private func login(
        _ field: String, _ wanted: ChangeDeviceSettings.Login??, _ former: DeviceSettings.Login?
    ) async throws(Problem) -> DeviceSettings.Login?? {
        guard let wanted else { return nil }
        guard let wanted else { return .some(nil) }
        guard let password = wanted.password else {
            guard let former else { throw .invalid(field, "needs a password") }
            return DeviceSettings.Login(name: wanted.name, passwordHash: former.passwordHash)
        }
        do throws(DeviceSecretMaker.Fault) {
            return DeviceSettings.Login(
                name: wanted.name, passwordHash: try await secrets.passwordHash(password))
        } catch { throw .busy("Too many passwords are being checked. Try again in a moment.") }
    }

    private func showEnvironment(
        _ context: RequestContext
    ) async throws(Problem) -> Found<EnvironmentView> {
        Found(try await view(of: try context.id("device")))
    }

    private func replaceEnvironment(
        _ body: ReplaceEnvironment, _ context: RequestContext
    ) async throws(Problem) -> Found<EnvironmentView> {
        let id: Device.ID = try context.id("device")
        do throws(DeviceEnvironment.Fault) {
            try await environment.replace(body.variables, of: id, by: context.actor)
        } catch { throw problem(error) }
        await observer.desiredChanged([id])
        return Found(try await view(of: id))
    }

    private func view(of id: Device.ID) async throws(Problem) -> EnvironmentView {
        do throws(DeviceEnvironment.Fault) {
            return EnvironmentView(variables: try await environment.list(of: id))
        } catch { throw problem(error) }
    }

    private func problem(_ fault: DeviceEnvironment.Fault) -> Problem {
        switch fault {
        case .store(let error): Problem(error)
        case .noValue(let name): .invalid("variables", "must give a value for \(name)")
        case .sealing: .storage
        }
    }
}
