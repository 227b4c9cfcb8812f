// XRBench/XRBench-MLSys2023, commit 8915666 (MIT), XRbench_evaluation/dataflows/single/OS.m: output-stationary
Dataflow {
  TemporalMap(1, 1) K;
  SpatialMap(1, 1) Y';
  TemporalMap(4, 4) X';
  TemporalMap(16, 16) C;
  Cluster(4, P);
  SpatialMap(1, 1) X';
  Cluster(16, P);
  SpatialMap(1, 1) C;
}
