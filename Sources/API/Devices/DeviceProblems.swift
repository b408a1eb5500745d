package import HTTP
package import Site
import Store

extension Problem {
    package init(_ fault: FleetFault) {
        switch fault {
        case .offline:
            self.init(
                type: "/problems/device-offline", title: "Device offline", status: 409,
                detail: "The device is not connected.")
        case .timedOut(let correlation):
            self.init(
                type: "/problems/device-silent", title: "No answer", status: 504,
                detail: "The device was told and gave no answer in time (\(correlation)).")
        case .refused(_, let text):
            self.init(
                type: "/problems/device-refused", title: "The device refuses", status: 409,
                detail: text)
        case .unsupported(let text): self = .conflict(text)
        case .busy: self = .busy("The device has not answered what it was told before.")
        case .broker(let text): self = .busy(text)
        case .store(let error): self.init(error)
        }
    }

    package init(_ fault: DeviceSnapshots.Fault) {
        switch fault {
        case .fleet(let fault): self.init(fault)
        case .version(let fault): self.init(fault)
        case .notRunning: self = .conflict("Node-RED does not run on the device.")
        case .noApplication:
            self = .conflict("The device belongs to no application: assign it to one first.")
        case .malformed(let text): self = .malformed(text)
        }
    }
}
