package api

import "orderhub/server/operator"

// OperatorKey marks the calls of the operator of this machine in their context.
var OperatorKey any = operatorKey{}

// RoleOf is the role that an operator needs for a method, 0 where none may call it.
func RoleOf(method string) operator.Role { return accesses[method].role }

// Changing are the methods by which operators change something.
func Changing() (methods []string) {
	for method, a := range accesses {
		if a.role != 0 && !isReading(method) {
			methods = append(methods, method)
		}
	}
	return methods
}
