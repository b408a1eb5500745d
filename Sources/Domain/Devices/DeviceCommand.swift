/// What the house asks of a device, whatever agent is there. Each has one answer.
package enum DeviceCommand: Sendable, Equatable {
    /// Node-RED's, for now: what it shall be after a boot stands in `Device.desiredState`.
    case start, stop, restart
    /// Lets itself be noticed by whoever stands before it.
    case identify
    /// Gives flows, credentials and node packages as they run on the device.
    case capture
    /// Opens the tunnel for its editor under this token.
    case openEditor(token: String)
    case closeEditor
    /// Names its node packages with its next report.
    case listPackages
    /// Says how it is, at once.
    case askState
    /// Gets a new certificate now, not when its own is due.
    case renew
    /// Switches to its new snapshot although the machine says "not now".
    case overrideDefer(reason: String)

    /// The word of API and audit events.
    package var word: String {
        switch self {
        case .start: "start"
        case .stop: "stop"
        case .restart: "restart"
        case .identify: "identify"
        case .capture: "capture"
        case .openEditor: "open-editor"
        case .closeEditor: "close-editor"
        case .listPackages: "list-packages"
        case .askState: "ask-state"
        case .renew: "renew"
        case .overrideDefer: "override-defer"
        }
    }

    /// Past it the answer is not waited for. 10 s: what FlowFuse gives its agents; a stock agent
    /// opens its editor only at its second look at Node-RED, and an upload may be some megabytes
    /// over a slow line.
    package var timeout: Duration {
        switch self {
        case .openEditor: .seconds(20)
        case .capture: .seconds(30)
        default: .seconds(10)
        }
    }
}
