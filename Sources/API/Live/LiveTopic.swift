import Basics
import Domain

/// What a browser may listen to on the live socket.
enum LiveTopic: Sendable, Hashable {
    case instances, alarms, site, devices, enrolments, broker
    case instance(Instance.ID)
    case log(Instance.ID)
    case resources(Instance.ID)
    case versions(Instance.ID)
    case tests(Instance.ID)
    case files(Instance.ID)
    case deployment(Deployment.ID)
    case device(Device.ID)
    case deviceLog(Device.ID)
    case deviceResources(Device.ID)

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (parts.count, parts[0]) {
        case (1, "instances"): self = .instances
        case (1, "alarms"): self = .alarms
        case (1, "site"): self = .site
        case (1, "devices"): self = .devices
        case (1, "enrolments"): self = .enrolments
        case (1, "broker"): self = .broker
        case (2...3, "device"):
            guard let id = Device.ID(parts[1]) else { return nil }
            switch parts.dropFirst(2).first {
            case nil: self = .device(id)
            case "log": self = .deviceLog(id)
            case "resources": self = .deviceResources(id)
            default: return nil
            }
        case (2...3, "instance"):
            guard let id = Instance.ID(parts[1]) else { return nil }
            switch parts.dropFirst(2).first {
            case nil: self = .instance(id)
            case "log": self = .log(id)
            case "resources": self = .resources(id)
            case "versions": self = .versions(id)
            case "tests": self = .tests(id)
            case "files": self = .files(id)
            default: return nil
            }
        case (2, "deployment"):
            guard let id = Deployment.ID(parts[1]) else { return nil }
            self = .deployment(id)
        default: return nil
        }
    }

    /// Where the event bus publishes it.
    var busTopic: String {
        switch self {
        case .instances, .instance: "instances"
        case .alarms: "alarms"
        case .site: "site"
        case .log(let id): "instance/\(id.text)/log"
        case .resources(let id): "instance/\(id.text)/resources"
        case .versions(let id): "instance/\(id.text)/versions"
        case .tests(let id): "instance/\(id.text)/tests"
        case .files(let id): "instance/\(id.text)/files"
        case .deployment(let id): "deployment/\(id.text)"
        case .devices: "devices"
        case .enrolments: "enrolments"
        case .broker: "broker"
        case .device(let id): "device/\(id.text)"
        case .deviceLog(let id): "device/\(id.text)/log"
        case .deviceResources(let id): "device/\(id.text)/resources"
        }
    }

    var permission: Permission {
        switch self {
        case .alarms: .alarmRead
        case .site: .selfRead
        case .versions: .versionRead
        case .tests: .testsRead
        case .files: .filesRead
        case .deployment: .rolloutRead
        case .instances, .instance, .log, .resources: .instanceRead
        case .devices, .device, .deviceLog, .deviceResources: .deviceRead
        case .enrolments: .deviceEnrol
        case .broker: .brokerRead
        }
    }

    /// What it is about, as a path of the API names it; `nil`: nothing of its own.
    var subject: (kind: String, id: String)? {
        switch self {
        case .instance(let id), .log(let id), .resources(let id), .versions(let id), .tests(let id),
            .files(let id):
            ("instance", id.text)
        case .deployment(let id): ("deployment", id.text)
        case .device(let id), .deviceLog(let id), .deviceResources(let id): ("device", id.text)
        case .instances, .alarms, .site, .devices, .enrolments, .broker: nil
        }
    }
}
